import assert from "node:assert/strict";
import { ProtocolError } from "../../src/mqtt/mod.ts";
import { countFilters } from "../../src/codec/packets/filter_list.ts";
import { encodeUnsubscribe, Frame, readFrame } from "../../src/codec/mod.ts";
import {
  decodeFilters,
  decodeUnsubscribeHead,
} from "../../src/codec/packets/unsubscribe.ts";

const filters = ["a", "", "bc", "d/e/f", "g"];
const bytes = encodeUnsubscribe(
  { type: 10, packetId: 1, filters, properties: {} },
  4,
);
const frame = new Frame();
readFrame(frame, bytes, 0, bytes.length, bytes.length, 4);
const { start } = decodeUnsubscribeHead(bytes, frame, 4);

Deno.test("filters are counted up to one more than the most", () => {
  const count = (most: number) =>
    countFilters(bytes, start, frame.end, 0, most);
  assert.deepEqual([100, 5, 4, 0].map(count), [5, 5, 5, 1]);
  assert.throws(
    () => countFilters(bytes, start, frame.end - 1, 0, 100),
    (error) => error instanceof ProtocolError && error.reasonCode === 0x81,
  );
});

Deno.test("filters are decoded slice by slice", () => {
  const slices: string[][] = [];
  for (let at = start; at < frame.end;) {
    const slice: string[] = [];
    const limits = { filters: 3, bytes: 4 };
    at = decodeFilters(slice, bytes, at, frame.end, limits);
    slices.push(slice);
  }
  // The second filter begins within the first four bytes, the third does not.
  assert.deepEqual(slices, [["a", ""], ["bc"], ["d/e/f"], ["g"]]);
});
