import { crc32 } from "node:zlib";

/**
 * Returns the CRC-32 of the bytes from `start` up to `end`, 0 to 2^32 - 1,
 * begun with `seed`. Two runs of equal length and other seeds never agree.
 */
export function sumOf(
  bytes: Uint8Array,
  start: number,
  end: number,
  seed = 0,
): number {
  return crc32(bytes.subarray(start, end), seed);
}
