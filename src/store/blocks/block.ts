import { StoreError } from "../base/store_error.ts";
import { sumOf } from "../base/sum.ts";
import { viewOf } from "../base/view_of.ts";

/*
 * The log is cut into blocks, the unit of writing: one value of Deno KV holds
 * some 60 KiB, so thousands of records cost as much as one.
 *
 *   offset 0  4 bytes  CRC-32 of the rest, begun with the number of the block
 *          4  4 bytes  sum of the previous block; 0 = unknown
 *          8  4 bytes  count of bytes that continue a record of earlier blocks
 *         12           these bytes, then records
 *
 * Numbers are little-endian. The head has the sum of the last block, and each
 * block that of the previous one. So the head vouches for all of them, and a
 * block of another epoch cannot pass for one of this.
 */

/** Longest block; a value of Deno KV has at most 64 KiB. */
export const BLOCK_MAX = 60 * 1024;

/** Offset of its content. */
export const BLOCK_HEADER = 12;

/** Bytes that a block costs on disk beyond its own: key and row. */
export const BLOCK_OVERHEAD = 192;

/** Blocks in an atomic of Deno KV: 13 would be 780 of its 800 KiB. */
export const BLOCKS_AN_ATOMIC = 12;

/** A block; the numbers begin with 1 and have no upper bound. */
export interface Block {
  /** Its position in the log. */
  readonly number: number;
  /** The whole block with its header. */
  readonly bytes: Uint8Array;
}

/**
 * Fills in the header of a block whose content is complete, and returns its
 * sum. `before` is the sum of the previous block, 0 where that is unknown.
 */
export function sealBlock(
  bytes: Uint8Array,
  number: number,
  carried: number,
  before: number,
): number {
  const view = viewOf(bytes);
  view.setUint32(4, before, true);
  view.setUint32(8, carried, true);
  const sum = sumOf(bytes, 4, bytes.length, number >>> 0);
  view.setUint32(0, sum, true);
  return sum;
}

/** Returns whether the sum of a block fits its bytes. */
export function isWhole({ bytes, number }: Block): boolean {
  if (bytes.length < BLOCK_HEADER) return false;
  const view = viewOf(bytes);
  return view.getUint32(8, true) <= bytes.length - BLOCK_HEADER &&
    view.getUint32(0, true) ===
      sumOf(bytes, 4, bytes.length, number >>> 0);
}

/** Returns the sum in the header of a block. */
export function sumIn({ bytes }: Block): number {
  return viewOf(bytes).getUint32(0, true);
}

/** Returns the sum of the previous block as stored in this one; 0 = unknown. */
export function sumBefore({ bytes }: Block): number {
  return viewOf(bytes).getUint32(4, true);
}

/** Returns how many bytes of a whole block continue an earlier record. */
export function carriedIn({ bytes }: Block): number {
  return viewOf(bytes).getUint32(8, true);
}

/**
 * Returns whether two sums may belong to one block; 0 is unknown and fits any.
 */
export function mayBeSame(a: number, b: number): boolean {
  return a === b || a === 0 || b === 0;
}

/**
 * Checks a block whose previous one has the sum `before`, 0 where that is
 * unknown. Returns its own sum.
 *
 * @throws {StoreError} `corrupt` when the bytes or the order are damaged.
 */
export function checkBlock(block: Block, before = 0): number {
  const { number } = block;
  if (!isWhole(block)) {
    throw new StoreError("corrupt", `block ${number} is damaged`);
  }
  if (!mayBeSame(sumBefore(block), before)) {
    throw new StoreError(
      "corrupt",
      `block ${number} does not continue block ${number - 1}`,
    );
  }
  return sumIn(block);
}

/** Throws `StoreError` `corrupt` unless the last block has the sum in `head`. */
export function checkEnd(
  sum: number,
  head: { readonly last: number; readonly sum: number },
): void {
  if (mayBeSame(sum, head.sum)) return;
  throw new StoreError(
    "corrupt",
    `the sum of block ${head.last} differs from the one in the head`,
  );
}
