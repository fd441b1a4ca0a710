import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { sumByTable, sumOf } from "../../src/store/base/sum.ts";

Deno.test("the sum is CRC-32, with the runtime's help and without", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.nat({ max: 20 }),
      fc.nat({ max: 0xffffffff }),
      (bytes, start, seed) => {
        const from = Math.min(start, bytes.length);
        const expected = crc32(bytes.subarray(from), seed);
        assert.equal(sumByTable(bytes, from, bytes.length, seed), expected);
        assert.equal(sumOf(bytes, from, bytes.length, seed), expected);
      },
    ),
  );
});

Deno.test("the sum stays the same when the runtime takes over", async () => {
  const bytes = crypto.getRandomValues(new Uint8Array(60_000));
  const expected = crc32(bytes, 7);
  for (let i = 0; i < 20; i++) {
    assert.equal(sumOf(bytes, 0, bytes.length, 7), expected);
    await new Promise((resolve) => setImmediate(resolve));
  }
});
