/**
 * Read and write buffers in a few sizes, lent for as long as bytes are under
 * way and then given back, so that an idle connection owns almost nothing.
 */

/** Sizes in bytes; a connection moves between them as its traffic does. */
const SIZES = [256, 4096, 16384, 65536] as const;

/** The size that an idle connection waits with. */
export const SMALLEST: number = SIZES[0];

/** The largest size lent; what is larger is allocated for one packet. */
export const LARGEST: number = SIZES[SIZES.length - 1];

/** Bytes kept for reuse, over all sizes. */
const KEPT = 32 * 1024 * 1024;

const free: Uint8Array[][] = SIZES.map(() => []);
let kept = 0;
let scrubs = false;

/** Turns `scrub` on or off. Off by default; all tests run with it on. */
export function scrubBuffers(on: boolean): void {
  scrubs = on;
}

/**
 * Overwrites bytes from `start` up to `end` that no view may point to any more:
 * a message that was kept without its bytes then shows in every test.
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

/** Takes back a lent buffer; any other is left to the garbage collector. */
export function giveBack(buffer: Uint8Array): void {
  const index = SIZES.indexOf(buffer.length as typeof SIZES[number]);
  if (index < 0) return;
  scrub(buffer, 0, buffer.length);
  if (kept + buffer.length > KEPT) return;
  kept += buffer.length;
  free[index].push(buffer);
}
