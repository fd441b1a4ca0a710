import assert from "node:assert/strict";
import fc from "fast-check";
import { PublishHead } from "../../src/codec/mod.ts";
import { encodeUtf8, Message, Topic } from "../../src/mqtt/mod.ts";
import { giveBack, lend } from "../../src/session/output/buffers.ts";
import { Counters } from "../../src/session/core/counters.ts";
import { Outbox } from "../../src/session/output/outbox.ts";
import { Turn } from "../../src/session/core/turn.ts";
import { join, toHex } from "../support/bytes.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { Packets } from "../support/packets.ts";
import { microtasks, ScriptedStream } from "./scripted_stream.ts";

const MIB = 1024 * 1024;

function setUp() {
  const stream = new ScriptedStream();
  const turn = new Turn(new ManualClock());
  const counters = new Counters();
  const told = { drained: 0, broken: 0, crashed: 0 };
  const outbox = new Outbox(stream, turn, counters, {
    drained: () => told.drained++,
    broken: () => told.broken++,
    crashed: () => {
      told.crashed++;
      outbox.end();
    },
  });
  return { stream, turn, counters, told, outbox };
}

function bytes(length: number, first = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (first + at) % 251);
}

function messageOf(payload: Uint8Array): Message {
  const topic = new Topic("t", encodeUtf8("t"));
  return new Message(topic, payload, 0, payload.length);
}

function headOf(version: 4 | 5 = 4): PublishHead {
  const head = new PublishHead();
  head.version = version;
  return head;
}

/** The same by hand: QoS 0 on topic `t`. */
function frameOf(payload: Uint8Array): Uint8Array {
  return new Packets(4).publish({ topic: "t", payload });
}

Deno.test("what a pass appends is written once, after the pass", async () => {
  const { stream, outbox, counters } = setUp();
  const head = headOf();
  outbox.append(bytes(5));
  outbox.appendAck(4, 0x1234);
  outbox.appendPublish(head, messageOf(bytes(100)), Infinity);
  assert.equal(stream.writes, 0);
  await microtasks();
  assert.equal(stream.writes, 1);
  await stream.take();
  const wanted = join(bytes(5), "40 02 12 34", frameOf(bytes(100)));
  assert.equal(toHex(stream.written), toHex(wanted));
  assert.equal(counters.bytesSent, wanted.length);
  assert.equal(counters.outboundBytes, 0);
  assert.equal(outbox.waiting, 0);
});

Deno.test("runs stand for their chunk until it is sealed, then for themselves", async () => {
  const { stream, outbox, turn } = setUp();
  const chunk = bytes(1000);
  const other = bytes(300, 7);
  const wanted = join(
    chunk.slice(0, 150),
    chunk.slice(400, 410),
    other.slice(20, 30),
    "d0 00",
    chunk.slice(500, 1000),
  );
  outbox.appendRun(chunk, 0, 100);
  outbox.appendRun(chunk, 100, 150);
  outbox.appendRun(chunk, 400, 410); // with a gap
  outbox.appendRun(other, 20, 30);
  outbox.append(new Uint8Array([0xd0, 0]));
  outbox.appendRun(chunk, 500, 1000);
  assert.equal(outbox.waiting, wanted.length);
  turn.seal();
  chunk.fill(0xee);
  other.fill(0xee);
  await stream.takeAll();
  assert.equal(toHex(stream.written), toHex(wanted));
});

Deno.test("a flush before the pass is sealed writes the open run too", async () => {
  const { stream, outbox } = setUp();
  const chunk = bytes(80);
  outbox.appendRun(chunk, 10, 70);
  await stream.takeAll();
  assert.equal(toHex(stream.written), toHex(chunk.slice(10, 70)));
});

Deno.test("a large payload is written where it stands, not copied", async () => {
  const { stream, outbox } = setUp();
  const payload = bytes(50_000);
  outbox.append(bytes(3));
  outbox.appendPublish(headOf(), messageOf(payload), Infinity);
  outbox.append(bytes(4));
  await microtasks();
  let seen = false;
  while (stream.writing !== null) {
    if (stream.writing.bytes.buffer === payload.buffer) seen = true;
    await stream.take();
  }
  assert.ok(seen);
  assert.equal(
    toHex(stream.written),
    toHex(join(bytes(3), frameOf(payload), bytes(4))),
  );
});

Deno.test("a large payload in a read chunk survives the chunk", async () => {
  const { stream, outbox } = setUp();
  const chunk = bytes(60_000);
  const message = messageOf(chunk);
  message.payloadStart = 100;
  message.payloadEnd = 40_100;
  message.transient = true;
  const wanted = frameOf(chunk.slice(100, 40_100));
  outbox.appendPublish(headOf(), message, Infinity);
  chunk.fill(0xee);
  await stream.takeAll();
  assert.equal(toHex(stream.written), toHex(wanted));
});

Deno.test("while one piece is being written, the next one fills", async () => {
  const { stream, outbox } = setUp();
  outbox.append(bytes(10));
  await microtasks();
  for (let at = 0; at < 20; at++) outbox.append(bytes(10, at));
  await microtasks();
  assert.equal(stream.writes, 1, "one write at a time");
  await stream.take(4);
  assert.equal(stream.writes, 2, "the rest of the first");
  await stream.take();
  assert.equal(stream.writes, 3, "all the others in one");
  await stream.take();
  const wanted = join(
    bytes(10),
    ...Array.from({ length: 20 }, (_, at) => bytes(10, at)),
  );
  assert.equal(toHex(stream.written), toHex(wanted));
});

Deno.test("a packet that is too large leaves no trace", async () => {
  const { stream, outbox } = setUp();
  const message = messageOf(bytes(100));
  const { length } = frameOf(bytes(100));
  assert.equal(outbox.appendPublish(headOf(), message, length - 1), false);
  assert.equal(outbox.waiting, 0);
  await microtasks();
  assert.equal(stream.writes, 0);
  assert.equal(outbox.appendPublish(headOf(), message, length), true);
  await stream.takeAll();
  assert.equal(stream.written.length, length);
});

Deno.test("held from 1 MiB on, drained once below a quarter of it", async () => {
  const { stream, outbox, told } = setUp();
  outbox.append(bytes(MIB - 1));
  assert.equal(outbox.held, false);
  outbox.append(bytes(1));
  assert.equal(outbox.held, true);
  await microtasks();
  while (outbox.waiting >= MIB / 4) {
    assert.equal(told.drained, 0);
    await stream.take(10_000);
  }
  assert.equal(told.drained, 1);
  assert.equal(outbox.held, false);
  await stream.takeAll();
  assert.equal(told.drained, 1);
});

for (const bound of [100, 500, 1000]) {
  Deno.test(`a bound raised to ${bound} while it is held leaves no source waiting`, async () => {
    const { stream, outbox, told } = setUp();
    outbox.maximum = 100;
    outbox.append(bytes(200));
    assert.equal(outbox.held, true);
    outbox.maximum = bound;
    await stream.takeAll();
    assert.equal(told.drained, 1);
  });
}

Deno.test("an outbox below its bound reports no room", async () => {
  const { stream, outbox, told } = setUp();
  outbox.append(bytes(MIB - 1));
  await stream.takeAll();
  assert.equal(told.drained, 0);
});

Deno.test("full beyond its own bound, or beyond its part of that of all", () => {
  const { outbox, counters } = setUp();
  outbox.append(bytes(1000));
  assert.equal(outbox.isFull(1000, Infinity), false);
  assert.equal(outbox.isFull(999, Infinity), true);
  counters.outboundBytes = 10 * MIB;
  assert.equal(outbox.isFull(1000, 5 * MIB), false, "it has next to no part");
  outbox.append(bytes(MIB));
  assert.equal(outbox.isFull(2 * MIB, 5 * MIB), true);
  assert.equal(outbox.isFull(2 * MIB, 50 * MIB), false);
});

Deno.test("whenEmpty waits for the last byte, or for nothing", async () => {
  const { stream, outbox } = setUp();
  let calls = 0;
  outbox.whenEmpty(() => calls++);
  assert.equal(calls, 1);
  outbox.append(bytes(10));
  outbox.whenEmpty(() => calls++);
  await microtasks();
  await stream.take(9);
  assert.equal(calls, 1);
  await stream.take();
  assert.equal(calls, 2);
});

Deno.test("an end drops what waits and gives all buffers back", async () => {
  const { stream, outbox, counters, told } = setUp();
  outbox.append(bytes(10));
  await microtasks();
  const first = stream.writing!.bytes.buffer;
  outbox.append(bytes(50));
  outbox.appendRun(bytes(60), 0, 60);
  outbox.end();
  assert.deepEqual([outbox.waiting, counters.outboundBytes], [0, 0]);
  // The piece under way is the stream's until it has answered.
  const before = lend(10);
  assert.notEqual(before.buffer, first);
  await stream.take(5);
  assert.equal(stream.writes, 1, "nothing more is written");
  assert.equal(lend(10).buffer, first, "its buffer came back");
  giveBack(before);
  let calls = 0;
  outbox.whenEmpty(() => calls++);
  assert.deepEqual([calls, told.broken], [1, 0]);
  outbox.end();
});

Deno.test("a broken stream is told once, and not after the end", async () => {
  const { stream, outbox, told } = setUp();
  outbox.append(bytes(10));
  await microtasks();
  await stream.breakWrite();
  assert.equal(told.broken, 1);
  const late = setUp();
  late.outbox.append(bytes(10));
  await microtasks();
  late.outbox.end();
  await late.stream.breakWrite();
  assert.equal(late.told.broken, 0);
});

const anyPart = fc.record({
  kind: fc.constantFrom("copy", "run", "ack", "publish", "seal", "take"),
  length: fc.oneof(fc.integer({ min: 1, max: 200 }), fc.nat(70_000)),
});

Deno.test("all that is appended comes out, once and in order, however it is taken", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyPart), async (parts) => {
      const { stream, outbox, turn } = setUp();
      const wanted: Uint8Array[] = [];
      let chunk = bytes(70_000);
      let at = 0;
      for (const { kind, length } of parts) {
        if (kind === "copy" && length > 0) {
          outbox.append(bytes(length, 3));
          wanted.push(bytes(length, 3));
        } else if (kind === "run" && length > 0) {
          const start = at + length > chunk.length ? 0 : at;
          outbox.appendRun(chunk, start, start + length);
          wanted.push(chunk.slice(start, start + length));
          at = start + length;
        } else if (kind === "ack") {
          outbox.appendAck(7, length & 0xffff);
          wanted.push(join("70 02", Uint8Array.of(length >> 8, length)));
        } else if (kind === "publish") {
          outbox.appendPublish(headOf(), messageOf(bytes(length)), Infinity);
          wanted.push(frameOf(bytes(length)));
        } else if (kind === "seal") {
          turn.seal();
          chunk.fill(0xee);
          chunk = bytes(70_000, length);
          at = 0;
        } else {
          await microtasks();
          if (stream.writing !== null) await stream.take(Math.max(1, length));
        }
      }
      await stream.takeAll();
      assert.ok(equal(stream.written, join(...wanted)));
      assert.equal(outbox.waiting, 0);
    }),
    { numRuns: 100 },
  );
});

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length &&
    one.every((byte, at) => byte === other[at]);
}
