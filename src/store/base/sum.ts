/** The same as `crc32` of `node:zlib`. */
type Crc32 = (bytes: Uint8Array, seed: number) => number;

/** Bytes summed here before the runtime's own sum is worth its memory. */
const FEW = 256 * 1024;

/** The polynomial of CRC-32, its bits in reversed order. */
const POLYNOMIAL = 0xedb88320;

let table: Int32Array | null = null;
let native: Crc32 | null = null;
let left = FEW;

/**
 * Returns the CRC-32 of the bytes from `start` up to `end`, 0 to 2^32 - 1,
 * begun with `seed`. Two runs of equal length with different seeds never agree.
 */
export function sumOf(
  bytes: Uint8Array,
  start: number,
  end: number,
  seed = 0,
): number {
  if (native !== null) return native(bytes.subarray(start, end), seed);
  if (left > 0 && (left -= end - start) <= 0) loadNative();
  return sumByTable(bytes, start, end, seed);
}

/** Returns the same as `sumOf`, without the runtime: ten times slower. */
export function sumByTable(
  bytes: Uint8Array,
  start: number,
  end: number,
  seed: number,
): number {
  table ??= makeTable();
  let sum = ~seed;
  for (let at = start; at < end; at++) {
    sum = table[(sum ^ bytes[at]) & 0xff] ^ sum >>> 8;
  }
  return ~sum >>> 0;
}

/** A broker with a small store avoids `node:zlib`, which takes some 3 MiB. */
async function loadNative(): Promise<void> {
  const { crc32 } = await import("node:zlib");
  native = crc32;
}

function makeTable(): Int32Array {
  return Int32Array.from({ length: 256 }, (_, byte) => {
    let sum = byte;
    for (let bit = 0; bit < 8; bit++) {
      sum = (sum & 1) === 0 ? sum >>> 1 : sum >>> 1 ^ POLYNOMIAL;
    }
    return sum;
  });
}
