import assert from "node:assert/strict";
import fc from "fast-check";
import { Frame, readFrame } from "../../src/codec/mod.ts";
import {
  giveBack,
  lend,
  scrubBuffers,
  SMALLEST,
} from "../../src/session/output/buffers.ts";
import type { Context } from "../../src/session/core/context.ts";
import { Counters } from "../../src/session/core/counters.ts";
import { Turn } from "../../src/session/core/turn.ts";
import { Pump } from "../../src/session/connection/pump.ts";
import { join, packet, toHex } from "../support/bytes.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { turn } from "../support/settle.ts";
import { microtasks, ScriptedStream } from "./scripted_stream.ts";

const LARGE = 65536;

scrubBuffers(true);

/** Takes frames as a connection does, and keeps a copy of each. */
class Owner {
  readonly kind = "packets";
  readonly clientId = null;
  readonly frames: string[] = [];
  readonly told: string[] = [];
  readonly #context: Context;
  pump!: Pump;
  /** Called for each frame; false leaves it for later. */
  takes: () => boolean = () => true;
  /** Called behind each frame. */
  afterFrame: () => void = () => {};
  /** Where the latest frame stood. */
  chunk: Uint8Array = new Uint8Array(0);

  constructor(context: Context) {
    this.#context = context;
  }

  receive(chunk: Uint8Array, start: number, end: number): number {
    const { frame } = this.#context;
    let at = start;
    while (at < end && this.pump.paused === null) {
      if (readFrame(frame, chunk, at, end, 268_435_460, 4) === 0) break;
      this.chunk = chunk;
      if (!this.takes()) return frame.start;
      this.frames.push(toHex(chunk.subarray(frame.start, frame.end)));
      at = frame.end;
      this.afterFrame();
    }
    return at;
  }

  ended(): void {
    this.told.push("ended");
    this.pump.end();
  }

  broken(): void {
    this.told.push("broken");
    this.pump.end();
  }

  crashed(): void {
    this.told.push("crashed");
    this.pump.end();
  }
}

function setUp() {
  const stream = new ScriptedStream();
  const context = {
    clock: new ManualClock(),
    turn: new Turn(new ManualClock()),
    counters: new Counters(),
    frame: new Frame(),
  } as unknown as Context;
  const owner = new Owner(context);
  const pump = owner.pump = new Pump(stream, owner, context);
  pump.start();
  return { stream, owner, pump, counters: context.counters };
}

function publish(length: number, fill = 1): Uint8Array {
  return packet(0x30, new Uint8Array(length).fill(fill));
}

/** Gives all of `bytes`, at most `most` a read. */
async function giveAll(
  stream: ScriptedStream,
  bytes: Uint8Array,
  most = Infinity,
): Promise<void> {
  let at = 0;
  while (at < bytes.length) {
    if (stream.reading === null) await turn();
    const part = bytes.subarray(at, at + most);
    at += part.length - (await stream.give(part)).length;
  }
}

Deno.test("packets come whole and in order, however they are cut", async () => {
  const anyCut = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1 });
  const anySizes = fc.array(fc.constantFrom(0, 5, 200, 600, 9000), {
    maxLength: 30,
  });
  await fc.assert(
    fc.asyncProperty(anyCut, anySizes, async (cuts, sizes) => {
      const { stream, owner, counters } = setUp();
      const packets = sizes.map((size, at) => publish(size, at));
      const bytes = join(...packets);
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const cut = cuts[turn % cuts.length];
        await giveAll(stream, bytes.subarray(at, at + cut));
        at += cut;
      }
      assert.deepEqual(owner.frames, packets.map(toHex));
      assert.equal(counters.bytesReceived, bytes.length);
    }),
    { numRuns: 60 },
  );
});

Deno.test("a large packet gets a large buffer, and silence a small one again", async () => {
  const { stream, owner } = setUp();
  assert.equal(stream.reading!.bytes.length, SMALLEST);
  const large = publish(200_000);
  await giveAll(stream, large);
  assert.deepEqual(owner.frames, [toHex(large)]);
  assert.ok(stream.reading!.bytes.length <= LARGE, "it goes back to the usual");
  for (let at = 0; at < 20; at++) await stream.give(publish(0));
  assert.equal(stream.reading!.bytes.length, SMALLEST);
});

Deno.test("reads that fill the buffer make it larger", async () => {
  const { stream } = setUp();
  const many = join(...Array.from({ length: 10_000 }, () => publish(50)));
  await giveAll(stream, many.subarray(0, 300_000));
  assert.ok(stream.reading!.bytes.length > LARGE / 2);
});

Deno.test("an announced length takes no memory before its bytes come", async () => {
  const { stream } = setUp();
  // 200 MB are announced.
  await stream.give(join("30 80 84 af 5f", new Uint8Array(10)));
  assert.ok(stream.reading!.bytes.length <= 1024 * 1024);
  let given = 15;
  for (let read = 0; read < 40; read++) {
    const room = stream.reading!.bytes.length;
    assert.ok(room <= 2 * (given + 1024 * 1024), `${room} behind ${given}`);
    given += room;
    await stream.give(new Uint8Array(room));
    if (given > 8 * 1024 * 1024) break;
  }
});

Deno.test("paused in the middle, it neither handles nor reads on", async () => {
  const { stream, owner, pump } = setUp();
  owner.afterFrame = () => {
    if (owner.frames.length === 1) pump.pause("rate");
  };
  const packets = [publish(3, 1), publish(3, 2), publish(3, 3)];
  await stream.give(join(...packets));
  assert.equal(owner.frames.length, 1);
  assert.equal(stream.reading, null);
  pump.resume("memory-full");
  await microtasks();
  assert.equal(owner.frames.length, 1, "another reason does not count");
  pump.resume("rate");
  await microtasks();
  assert.deepEqual(owner.frames, packets.map(toHex));
  assert.equal(stream.reads, 2);
  await stream.give(publish(1));
  assert.equal(owner.frames.length, 4);
});

Deno.test("paused again by what it handles on resuming, it waits again", async () => {
  const { stream, owner, pump } = setUp();
  owner.afterFrame = () => pump.pause("rate");
  await stream.give(join(publish(1), publish(2), publish(3)));
  for (const count of [2, 3]) {
    pump.resume("rate");
    await microtasks();
    assert.equal(owner.frames.length, count);
  }
  assert.equal(stream.reading, null);
  pump.resume("rate");
  assert.notEqual(stream.reading, null);
});

Deno.test("a busy reader gives way to others, and a pause at that moment loses nothing", async () => {
  const { stream, owner, pump } = setUp();
  // Warm up, until reads are as large as they get.
  const warm = publish(LARGE - 4);
  while (stream.reading!.bytes.length < LARGE) {
    await giveAll(stream, warm);
    if (stream.reading === null) await turn();
  }
  const before = owner.frames.length;
  // Stop in the middle of a read; go on before the next turn.
  let paused = false;
  owner.afterFrame = () => {
    if (paused || (owner.frames.length - before) % 2 === 0) return;
    paused = true;
    pump.pause("outbound-full");
    queueMicrotask(() => {
      pump.resume("outbound-full");
      paused = false;
    });
  };
  const half = publish(LARGE / 2 - 4);
  assert.equal(half.length, LARGE / 2);
  let gaveWay = false;
  for (let read = 1; read <= 40; read++) {
    await stream.give(join(half, half));
    if (stream.reading === null) {
      gaveWay = true;
      await turn();
    }
    assert.equal(owner.frames.length, before + 2 * read, `after ${read} reads`);
  }
  assert.ok(gaveWay, "it never let others go first");
});

Deno.test("the peer's end in the middle of a packet is told, and the half is not", async () => {
  const { stream, owner } = setUp();
  await stream.give(publish(100).subarray(0, 50));
  await stream.end();
  assert.deepEqual(owner.told, ["ended"]);
  assert.deepEqual(owner.frames, []);
});

Deno.test("a broken stream is told", async () => {
  const { stream, owner } = setUp();
  await stream.breakRead();
  assert.deepEqual(owner.told, ["broken"]);
});

Deno.test("stopped, it reads on to the end and hands over nothing", async () => {
  const { stream, owner, pump } = setUp();
  await stream.give(publish(10).subarray(0, 5));
  pump.stop();
  for (let at = 0; at < 5; at++) await stream.give(publish(10));
  assert.deepEqual(owner.frames, []);
  await stream.end();
  assert.deepEqual(owner.told, ["ended"]);
});

Deno.test("stopped while it is paused, it reads on too", async () => {
  const { stream, owner, pump } = setUp();
  owner.afterFrame = () => pump.pause("authenticating");
  await stream.give(join(publish(1), publish(2)));
  assert.equal(stream.reading, null);
  pump.stop();
  await microtasks();
  await stream.end();
  assert.equal(owner.frames.length, 1);
  assert.deepEqual(owner.told, ["ended"]);
});

Deno.test("its buffer goes back at the end, once no read has it any more", async () => {
  const { stream, owner, pump } = setUp();
  const { buffer } = stream.reading!.bytes;
  pump.end();
  const other = lend(SMALLEST);
  assert.notEqual(other.buffer, buffer, "the read under way still has it");
  await stream.breakRead();
  assert.deepEqual(owner.told, [], "nobody asks any more");
  assert.equal(lend(SMALLEST).buffer, buffer);
  giveBack(other);
  const ended = setUp();
  const its = ended.stream.reading!.bytes.buffer;
  await ended.stream.end();
  assert.equal(lend(SMALLEST).buffer, its);
});

for (
  const [size, part, most] of [
    [10_000, 100, 1],
    [60_000, 1000, 1],
    [200_000, 1000, 1],
    [4_000_000, 30_000, 3],
  ]
) {
  Deno.test(`${size} bytes in parts of ${part} move to a larger buffer ${most} times at most, and never to a smaller one`, async () => {
    const { stream, owner } = setUp();
    const large = publish(size);
    await stream.give(large.subarray(0, part));
    let before = stream.reading!.bytes;
    let moves = 0;
    for (let at = Math.min(part, SMALLEST); at < large.length;) {
      const end = Math.min(large.length, at + part);
      await giveAll(stream, large.subarray(at, end));
      at = end;
      if (at === large.length) break;
      const { bytes } = stream.reading!;
      if (bytes.buffer === before.buffer) {
        assert.equal(bytes.byteOffset, at, "it is not appended in place");
      } else {
        assert.ok(bytes.buffer.byteLength > before.buffer.byteLength);
        moves++;
      }
      before = bytes;
    }
    assert.deepEqual(owner.frames.length, 1);
    assert.equal(owner.frames[0], toHex(large));
    assert.ok(moves <= most, `${moves} times`);
  });
}

Deno.test("a large packet that is taken after a pause keeps its buffer: what comes next goes elsewhere", async () => {
  const { stream, owner, pump } = setUp();
  owner.takes = () => {
    pump.pause("memory-full");
    return false;
  };
  const large = publish(200_000);
  await giveAll(stream, large);
  assert.equal(stream.reading, null);
  assert.deepEqual(owner.frames, []);
  owner.takes = () => true;
  pump.resume("memory-full");
  assert.deepEqual(owner.frames, [toHex(large)]);
  assert.notEqual(stream.reading!.bytes.buffer, owner.chunk.buffer);
});

/** Reads until the buffer is as large as it gets without a large packet. */
async function warmUp(stream: ScriptedStream): Promise<void> {
  while (stream.reading!.bytes.length < LARGE) {
    await giveAll(stream, publish(LARGE - 4));
    if (stream.reading === null) await turn();
  }
}

Deno.test("a payload that claims the buffer keeps it, and the rest goes on elsewhere", async () => {
  const { stream, owner, pump } = setUp();
  const large = publish(200_000, 7);
  let kept: Uint8Array = new Uint8Array(0);
  owner.afterFrame = () => {
    if (owner.frames.length > 1) return;
    assert.ok(pump.claim(owner.chunk, 200_000));
    kept = owner.chunk.subarray(5, large.length);
  };
  // The buffer of a large packet holds no more than it, unless it was larger.
  await giveAll(stream, large);
  await giveAll(stream, join(publish(10, 1), publish(10, 2)));
  assert.ok(kept.every((one) => one === 7), "the claimed bytes were changed");
  assert.deepEqual(
    owner.frames,
    [large, publish(10, 1), publish(10, 2)].map(toHex),
  );
});

Deno.test("a buffer is given away neither when it was lent nor for a small part of it", async () => {
  const { stream, owner, pump } = setUp();
  await warmUp(stream);
  const claims: boolean[] = [];
  owner.afterFrame = () => claims.push(pump.claim(owner.chunk, 60_000));
  await giveAll(stream, publish(60_000));
  owner.afterFrame = () =>
    claims.push(
      pump.claim(owner.chunk, 99_000),
      pump.claim(new Uint8Array(200_000), 200_000),
    );
  await giveAll(stream, publish(200_000));
  assert.deepEqual(claims, [false, false, false]);
});

Deno.test("a full buffer whose first packet waits is handled where it is", async () => {
  const { stream, owner, pump } = setUp();
  await warmUp(stream);
  const before = owner.frames.length;
  const { buffer } = stream.reading!.bytes;
  owner.takes = () => {
    pump.pause("access");
    return false;
  };
  const small = Array.from({ length: 17 }, (_, at) => publish(4092, at));
  const bytes = join(...small);
  assert.ok(bytes.length >= LARGE);
  const rest = await stream.give(bytes);
  assert.equal(stream.reading, null);
  owner.takes = () => true;
  pump.resume("access");
  await giveAll(stream, rest);
  assert.deepEqual(owner.frames.slice(before), small.map(toHex));
  assert.equal(owner.chunk.buffer, buffer);
});

Deno.test("one short read leaves the buffer as it is, the second in a row makes it smaller", async () => {
  const { stream } = setUp();
  await warmUp(stream);
  await stream.give(publish(10));
  assert.equal(stream.reading!.bytes.length, LARGE);
  await giveAll(stream, publish(LARGE - 4));
  await stream.give(publish(10));
  assert.equal(stream.reading!.bytes.length, LARGE);
  await stream.give(publish(10));
  assert.ok(stream.reading!.bytes.length < LARGE);
});
