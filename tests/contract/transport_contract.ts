import assert from "node:assert/strict";
import type { ByteStream } from "../../src/transport/mod.ts";

/** A connected stream: `near` is what is tested, `far` is its peer. */
export interface Ends {
  readonly near: ByteStream;
  readonly far: ByteStream;
  /** More bytes than the stream and all below it can hold. */
  readonly beyondBuffers: number;
  /** The peer is done writing, in order. */
  endFar(): Promise<void>;
  /** The peer vanishes while bytes sent to it are unread. */
  abortFar(): void;
  /** Gives back what the streams do not. */
  dispose(): void;
}

/** Declares the tests that each kind of byte stream has to pass. */
export function transportContract(
  kind: string,
  open: () => Promise<Ends>,
): void {
  const test = (promise: string, body: (ends: Ends) => Promise<void>) =>
    Deno.test(`transport-contract ${kind}: ${promise}`, async () => {
      const ends = await open();
      try {
        await body(ends);
      } finally {
        quietly(() => ends.near.close());
        quietly(() => ends.far.close());
        ends.dispose();
      }
    });

  test("bytes arrive in order, whatever the chunking", inOrder);
  test("a read of one byte at a time loses nothing", byteByByte);
  test("1 MiB in one write, both ways at once", twoWays);
  test("null after the last byte, and again", nullAtEnd);
  test("writing goes on after the peer has read all", pingPong);
  test("close makes a waiting read reject", closeWhileReading);
  test("close makes a held write reject", closeWhileWriting);
  test("nothing works after close", afterClose);
  test("a writer is held while the peer does not read", (ends) =>
    heldWriter(ends, ends.near, ends.far));
  test("a peer is held while nobody reads", (ends) =>
    heldWriter(ends, ends.far, ends.near));
  test("a peer that vanishes ends reading and writing", peerAbort);
}

async function inOrder({ near, far }: Ends): Promise<void> {
  const sent = pattern(200_000);
  for (const [from, to] of [[near, far], [far, near]]) {
    const random = randomSizes(7);
    const writing = (async () => {
      for (let at = 0; at < sent.length;) {
        const part = sent.subarray(at, at + random(3000));
        await writeAll(from, part);
        at += part.length;
      }
    })();
    assert.deepEqual(await readExactly(to, sent.length, random), sent);
    await writing;
  }
}

async function byteByByte({ near, far }: Ends): Promise<void> {
  const sent = pattern(300);
  const writing = writeAll(far, sent);
  assert.deepEqual(await readExactly(near, sent.length, () => 1), sent);
  await writing;
}

async function twoWays({ near, far }: Ends): Promise<void> {
  const sent = pattern(1 << 20);
  const [there, back] = await Promise.all([
    readExactly(far, sent.length),
    readExactly(near, sent.length),
    writeAll(near, sent),
    writeAll(far, sent),
  ]);
  assert.ok(equal(there, sent));
  assert.ok(equal(back, sent));
}

async function nullAtEnd({ near, far, endFar }: Ends): Promise<void> {
  await writeAll(far, pattern(10));
  await endFar();
  assert.deepEqual(await readExactly(near, 10), pattern(10));
  const into = new Uint8Array(16);
  assert.equal(await near.read(into), null);
  assert.equal(await near.read(into), null);
}

async function pingPong({ near, far }: Ends): Promise<void> {
  for (let i = 0; i < 50; i++) {
    await writeAll(near, new Uint8Array([i]));
    assert.deepEqual([...await readExactly(far, 1)], [i]);
    await writeAll(far, new Uint8Array([i, i]));
    assert.deepEqual([...await readExactly(near, 2)], [i, i]);
  }
}

async function closeWhileReading({ near, far }: Ends): Promise<void> {
  const reading = assert.rejects(near.read(new Uint8Array(16)));
  near.close();
  await reading;
  assert.equal(await far.read(new Uint8Array(16)), null);
}

async function closeWhileWriting(ends: Ends): Promise<void> {
  const { near } = ends;
  const progress = { written: 0 };
  const writing = assert.rejects(writeCounting(near, ends, progress));
  await untilNoProgress(progress);
  near.close();
  await writing;
}

async function afterClose({ near }: Ends): Promise<void> {
  near.close();
  await assert.rejects(near.read(new Uint8Array(16)));
  await assert.rejects(near.write(new Uint8Array(16)));
}

async function heldWriter(
  ends: Ends,
  writer: ByteStream,
  reader: ByteStream,
): Promise<void> {
  const progress = { written: 0 };
  const writing = writeCounting(writer, ends, progress);
  await untilNoProgress(progress);
  assert.ok(progress.written < ends.beyondBuffers, "the writer was not held");
  const received = await readExactly(reader, ends.beyondBuffers);
  await writing;
  assert.ok(equal(received, pattern(ends.beyondBuffers)));
}

async function peerAbort({ near, far, abortFar }: Ends): Promise<void> {
  await writeAll(near, pattern(10));
  await readExactly(far, 1);
  const reading = near.read(new Uint8Array(16)).catch(() => null);
  abortFar();
  assert.equal(await reading, null);
  // The first write may still be taken: only its answer tells that it is lost.
  await assert.rejects(async () => {
    for (;;) await near.write(pattern(65536));
  });
}

/** Writes `beyondBuffers` bytes, counting those that were taken. */
async function writeCounting(
  stream: ByteStream,
  { beyondBuffers }: Ends,
  progress: { written: number },
): Promise<void> {
  const bytes = pattern(beyondBuffers);
  while (progress.written < bytes.length) {
    const part = bytes.subarray(progress.written, progress.written + 50_000);
    progress.written += await stream.write(part);
  }
}

/**
 * Waits until the writer stands still for many turns of the event loop. A
 * wait that is too short makes no test fail; a writer that nothing holds
 * never stands still before its end.
 */
async function untilNoProgress(progress: { written: number }): Promise<void> {
  let before = -1;
  for (let still = 0; still < 100; still++) {
    if (progress.written !== before) still = 0;
    before = progress.written;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Bytes that repeat only after 251, so that a shift shows. */
export function pattern(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = i % 251;
  return bytes;
}

/** Reads `length` bytes, `size()` at most at a time; fails at an early end. */
export async function readExactly(
  stream: ByteStream,
  length: number,
  size: (most: number) => number = (most) => most,
): Promise<Uint8Array> {
  const all = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const most = Math.min(length - at, size(65536));
    const count = await stream.read(all.subarray(at, at + most));
    assert.ok(count !== null, `ended after ${at} of ${length} bytes`);
    assert.ok(count > 0 && count <= most, `read ${count} of ${most} bytes`);
    at += count;
  }
  return all;
}

/** Writes all of `bytes`. */
export async function writeAll(
  stream: ByteStream,
  bytes: Uint8Array,
): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const count = await stream.write(bytes.subarray(at));
    assert.ok(count > 0 && count <= bytes.length - at);
    at += count;
  }
}

/** `deepEqual` prints megabytes when it fails. */
function equal(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return a.length === b.length;
}

/** Sizes from 1 to `most`, the same in each run. */
export function randomSizes(seed: number): (most: number) => number {
  let state = seed;
  return (most) => {
    state = Math.imul(state, 1664525) + 1013904223 >>> 0;
    return 1 + state % most;
  };
}

function quietly(close: () => void): void {
  try {
    close();
  } catch {
    // Closed by the test already.
  }
}
