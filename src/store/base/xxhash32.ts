import { viewOf } from "./view_of.ts";

const P1 = 0x9e3779b1;
const P2 = 0x85ebca77;
const P3 = 0xc2b2ae3d;
const P4 = 0x27d4eb2f;
const P5 = 0x165667b1;

/**
 * Returns the xxHash32 of the bytes from `start` up to `end`, 0 to 2^32 - 1.
 *
 * Schema 2 sums its blocks so.
 */
export function xxhash32(
  bytes: Uint8Array,
  start: number,
  end: number,
  seed = 0,
): number {
  const length = end - start;
  const view = viewOf(bytes);
  let at = start;
  let sum: number;
  if (length >= 16) {
    let a = seed + P1 + P2 | 0;
    let b = seed + P2 | 0;
    let c = seed | 0;
    let d = seed - P1 | 0;
    for (const last = end - 16; at <= last; at += 16) {
      a = round(a, view.getInt32(at, true));
      b = round(b, view.getInt32(at + 4, true));
      c = round(c, view.getInt32(at + 8, true));
      d = round(d, view.getInt32(at + 12, true));
    }
    sum = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18) | 0;
  } else sum = seed + P5 | 0;
  sum = sum + length | 0;
  for (; at + 4 <= end; at += 4) {
    sum = sum + Math.imul(view.getInt32(at, true), P3) | 0;
    sum = Math.imul(rotate(sum, 17), P4);
  }
  for (; at < end; at++) {
    sum = sum + Math.imul(bytes[at], P5) | 0;
    sum = Math.imul(rotate(sum, 11), P1);
  }
  sum = Math.imul(sum ^ sum >>> 15, P2);
  sum = Math.imul(sum ^ sum >>> 13, P3);
  return (sum ^ sum >>> 16) >>> 0;
}

function round(lane: number, word: number): number {
  return Math.imul(rotate(lane + Math.imul(word, P2) | 0, 13), P1);
}

function rotate(value: number, by: number): number {
  return value << by | value >>> 32 - by;
}
