import assert from "node:assert/strict";
import { varintLength, writeVarint } from "../../src/codec/bytes/varint.ts";

// The least and the largest value of each length (5.0, table 1-1).
const bounds: readonly (readonly [bytes: number, number, number])[] = [
  [1, 0, 127],
  [2, 128, 16_383],
  [3, 16_384, 2_097_151],
  [4, 2_097_152, 268_435_455],
];

Deno.test("varint: each length ends where the standard says, and is the one that is written", () => {
  const into = new Uint8Array(8);
  for (const [bytes, least, largest] of bounds) {
    for (const value of [least, largest]) {
      assert.equal(varintLength(value), bytes, `${value}`);
      assert.equal(writeVarint(into, 1, value), 1 + bytes, `${value}`);
    }
  }
  assert.equal(varintLength(268_435_456), 5);
});
