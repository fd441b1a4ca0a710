import { StoreError } from "../base/store_error.ts";
import { sumOf } from "../base/sum.ts";
import { viewOf } from "../base/view_of.ts";

/*
 * The log is cut into blocks, which is what the disk gets: one value of Deno
 * KV holds some 60 KiB, and thousands of records at the price of one.
 *
 *   offset 0  4 bytes  CRC-32 of what follows, begun with the block's number
 *          4  4 bytes  sum of the block before; 0 = not known
 *          8  4 bytes  how many bytes continue a record of an earlier block
 *         12           these bytes, then records
 *
 * Numbers are in little-endian order. The head has the sum of the last block,
 * and each block that of the one before: so the head vouches for all of them,
 * and a block of another past is not mistaken for one of this.
 */

/** Longest block; a value of Deno KV has at most 64 KiB. */
export const BLOCK_MAX = 60 * 1024;

/** Where its content begins. */
export const BLOCK_HEADER = 12;

/** What a block costs on disk beyond its bytes, for cleaning: key and row. */
export const BLOCK_OVERHEAD = 192;

/** Blocks in an atomic of Deno KV: 13 would be 780 of its 800 KiB. */
export const BLOCKS_AN_ATOMIC = 12;

/** Blocks count from 1; there is no bound they would reach. */
export interface Block {
  /** Its place in the log. */
  readonly number: number;
  /** All of it, with its header. */
  readonly bytes: Uint8Array;
}

/**
 * Fills in the header of a block whose content is complete, and returns its
 * sum. `before` is the sum of the block before, 0 where that is not known.
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

/** Whether a block is what was written. */
export function isWhole({ bytes, number }: Block): boolean {
  if (bytes.length < BLOCK_HEADER) return false;
  const view = viewOf(bytes);
  return view.getUint32(8, true) <= bytes.length - BLOCK_HEADER &&
    view.getUint32(0, true) ===
      sumOf(bytes, 4, bytes.length, number >>> 0);
}

/** The sum of a block, as it says itself. */
export function sumIn({ bytes }: Block): number {
  return viewOf(bytes).getUint32(0, true);
}

/** Returns the sum of the previous block as stored in this one; 0 = unknown. */
export function sumBefore({ bytes }: Block): number {
  return viewOf(bytes).getUint32(4, true);
}

/** How many bytes of a whole block continue an earlier record. */
export function carriedIn({ bytes }: Block): number {
  return viewOf(bytes).getUint32(8, true);
}

/** Whether two sums may be of one block; 0 is not known, and may be any. */
export function mayBeSame(a: number, b: number): boolean {
  return a === b || a === 0 || b === 0;
}

/**
 * Checks a block that comes after one with the sum `before`, 0 where that is
 * not known. Returns its own sum.
 *
 * @throws {StoreError} `corrupt` when it is not what was written.
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
