import { strict as assert } from "node:assert";
import fc from "fast-check";
import {
  encodeConnect,
  encodeSubscribe,
  encodeUnsubscribe,
  Frame,
  PINGREQ,
  readFrame,
  writeAck,
} from "../../src/codec/mod.ts";
import * as any from "./codec_arbitraries.ts";
import { encodePublish, NO_LIMIT } from "./codec_support.ts";

const anyFrame: fc.Arbitrary<Uint8Array> = fc.oneof(
  any.publish.map(encodePublish),
  any.connect.map(encodeConnect),
  any.subscribe.map(([version, one]) => encodeSubscribe(one, version)),
  any.unsubscribe.map(([version, one]) => encodeUnsubscribe(one, version)),
  any.packetId.map((id) => {
    const into = new Uint8Array(4);
    writeAck(into, 0, 6, id);
    return into;
  }),
  fc.constant(PINGREQ),
);

/**
 * Reads as a pump does: appends to a buffer, takes all complete frames out,
 * moves what is left to the front.
 */
function framesOf(stream: Uint8Array, chunkSizes: number[]): number[][] {
  const frames: number[][] = [];
  const buffer = new Uint8Array(stream.length);
  const frame = new Frame();
  let filled = 0;
  let read = 0;
  for (let turn = 0; read < stream.length; turn++) {
    const size = chunkSizes[turn % chunkSizes.length];
    const piece = stream.subarray(read, read + size);
    buffer.set(piece, filled);
    filled += piece.length;
    read += piece.length;
    let at = 0;
    for (;;) {
      const length = readFrame(frame, buffer, at, filled, NO_LIMIT, 4);
      if (length === 0) break;
      assert.equal(frame.start, at);
      assert.equal(frame.end, at + length);
      frames.push([...buffer.subarray(frame.start, frame.end)]);
      at += length;
    }
    // What is announced is what the frame will turn out to have.
    if (frame.needed > 0) assert(frame.needed > filled - at);
    buffer.copyWithin(0, at, filled);
    filled -= at;
  }
  assert.equal(filled, 0, "bytes are left over");
  return frames;
}

Deno.test("any chunking gives the same frames", () => {
  fc.assert(fc.property(
    fc.array(anyFrame, { minLength: 1, maxLength: 12 }),
    fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 20 }),
    (frames, chunkSizes) => {
      const stream = Uint8Array.from(frames.flatMap((one) => [...one]));
      const expected = frames.map((one) => [...one]);
      assert.deepEqual(framesOf(stream, chunkSizes), expected);
      assert.deepEqual(framesOf(stream, [1]), expected);
      assert.deepEqual(framesOf(stream, [stream.length]), expected);
    },
  ));
});

Deno.test("a frame that is not complete says how long it will be", () => {
  const frame = new Frame();
  const header = Uint8Array.of(0x30, 0x80, 0x80, 0x80, 0x01);
  for (let end = 0; end < header.length; end++) {
    assert.equal(readFrame(frame, header, 0, end, NO_LIMIT, 4), 0);
    assert.equal(frame.needed, 0, "not yet known");
  }
  assert.equal(readFrame(frame, header, 0, header.length, NO_LIMIT, 4), 0);
  assert.equal(frame.needed, 5 + 2_097_152);
  assert.equal(readFrame(frame, PINGREQ, 0, 2, NO_LIMIT, 4), 2);
  assert.equal(frame.needed, 0, "and forgets it with the next");
});

Deno.test("a frame is found at an offset, in front of other bytes", () => {
  const frame = new Frame();
  const chunk = Uint8Array.of(0xff, 0xc0, 0, 0x40, 2, 1, 2, 0xff);
  assert.equal(readFrame(frame, chunk, 1, chunk.length, NO_LIMIT, 4), 2);
  assert.equal(frame.type, 12);
  assert.equal(readFrame(frame, chunk, 3, chunk.length, NO_LIMIT, 4), 4);
  assert.equal(frame.type, 4);
  assert.equal(frame.bodyStart, 5);
  assert.equal(frame.end, 7);
});
