import { StoreError } from "./store_error.ts";
import { xxhash32 } from "./xxhash32.ts";

/*
 * The log is cut into blocks, which is what the disk gets: one value of Deno
 * KV holds some 60 KiB, and thousands of records at the price of one.
 *
 *   offset 0  4 bytes  xxHash32 of what follows, seeded with the number
 *          4  4 bytes  how many bytes continue a record of an earlier block
 *          8           these bytes, then records
 *
 * Numbers are in little-endian order.
 */

/** Longest block; a value of Deno KV has at most 64 KiB. */
export const BLOCK_MAX = 60 * 1024;

/** Where its content begins. */
export const BLOCK_HEADER = 8;

/** What a block costs on disk beyond its bytes, for cleaning: key and row. */
export const BLOCK_OVERHEAD = 192;

/** Blocks count from 1; there is no bound they would reach. */
export interface Block {
  /** Its place in the log. */
  readonly number: number;
  /** All of it, with its header. */
  readonly bytes: Uint8Array;
}

/** Fills in the header of a block whose content is complete. */
export function sealBlock(
  bytes: Uint8Array,
  number: number,
  carried: number,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setUint32(4, carried, true);
  view.setUint32(0, xxhash32(bytes, 4, bytes.length, number | 0), true);
}

/**
 * How many bytes of a block continue an earlier record.
 *
 * @throws {StoreError} `corrupt` when the block is not what was written.
 */
export function checkBlock({ bytes, number }: Block): number {
  if (bytes.length >= BLOCK_HEADER) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const sum = xxhash32(bytes, 4, bytes.length, number | 0);
    const carried = view.getUint32(4, true);
    if (
      view.getUint32(0, true) === sum &&
      carried <= bytes.length - BLOCK_HEADER
    ) return carried;
  }
  throw new StoreError("corrupt", `block ${number} is damaged`);
}
