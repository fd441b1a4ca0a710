/**
 * Read and write buffers in a few sizes. A connection borrows them while bytes
 * are under way: an idle connection owns almost none.
 */

/** Sizes in bytes; a connection changes them with its traffic. */
const SIZES = [256, 4096, 16384, 65536] as const;

/** Size for an idle connection. */
export const SMALLEST: number = SIZES[0];

/** The largest size lent; larger buffers are allocated for one packet. */
export const LARGEST: number = SIZES[SIZES.length - 1];

/** Bytes kept for reuse at most, over all sizes. */
let most = 32 * 1024 * 1024;

const free: Uint8Array[][] = SIZES.map(() => []);
let kept = 0;
let scrubs = false;

/** Keeps `bytes` (at least 0) for reuse at most, from now on. */
export function keepBuffers(bytes: number): void {
  most = bytes;
}

/** Turns `scrub` on or off. Off by default; all tests run with it on. */
export function scrubBuffers(on: boolean): void {
  scrubs = on;
}

/**
 * Overwrites bytes from `start` up to `end`, which no view may use from now on:
 * a message kept without its bytes fails in every test.
 */
export function scrub(buffer: Uint8Array, start: number, end: number): void {
  if (scrubs) buffer.fill(0xdd, start, end);
}

/** Lends the smallest buffer of at least `size` bytes (≤ `LARGEST`). */
export function lend(size: number): Uint8Array {
  let index = 0;
  while (SIZES[index] < size) index++;
  const buffer = free[index].pop();
  if (buffer === undefined) return new Uint8Array(SIZES[index]);
  kept -= buffer.length;
  return buffer;
}

/** Takes back a lent buffer; leaves others to the garbage collector. */
export function giveBack(buffer: Uint8Array): void {
  const index = SIZES.indexOf(buffer.length as typeof SIZES[number]);
  if (index < 0) return;
  scrub(buffer, 0, buffer.length);
  if (kept + buffer.length > most) return;
  kept += buffer.length;
  free[index].push(buffer);
}
