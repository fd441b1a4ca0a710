import assert from "node:assert/strict";
import fc from "fast-check";
import { GatheredRecords } from "../../src/store/records/gathered_records.ts";

/** Takes everything out, as `[number, bytes]`. */
function drained(records: GatheredRecords): [number, string][] {
  // One at a time: what is handed out is the same object.
  return Array.from(records.drain(), (record) => {
    const number = record.varint();
    return [number, record.binary().join()];
  });
}

function add(records: GatheredRecords, number: number, bytes: Uint8Array) {
  const into = records.add(number);
  into.varint(number);
  into.varint(bytes.length);
  into.part(bytes, 0, bytes.length);
}

Deno.test("gathered records come out by number, the last of each", () => {
  const numbers = fc.oneof(
    fc.nat({ max: 200 }),
    fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  );
  const steps = fc.array(fc.tuple(numbers, fc.option(fc.uint8Array())));
  fc.assert(fc.property(steps, (steps) => {
    const records = new GatheredRecords();
    const expected = new Map<number, string>();
    for (const [number, bytes] of steps) {
      if (bytes === null) {
        records.delete(number);
        expected.delete(number);
      } else {
        add(records, number, bytes);
        expected.set(number, bytes.join());
      }
    }
    const inOrder = [...expected].sort(([a], [b]) => a - b);
    assert.deepEqual(drained(records), inOrder);
    assert.deepEqual(drained(records), [], "they are handed out once");
  }));
});

Deno.test("gathered records may be many megabytes, and one may be long", () => {
  const records = new GatheredRecords();
  const expected: [number, string][] = [];
  for (let number = 1; number <= 40; number++) {
    const length = number === 20 ? 3_000_000 : 100_000 + number;
    const bytes = new Uint8Array(length).fill(number);
    add(records, number, bytes);
    expected.push([number, `${length} of ${number}`]);
  }
  const found = Array.from(records.drain(), (record) => {
    const number = record.varint();
    const bytes = record.view();
    assert.ok(bytes.every((byte) => byte === number));
    return [number, `${bytes.length} of ${bytes[0]}`];
  });
  assert.deepEqual(found, expected);
});
