import assert from "node:assert/strict";
import {
  type ByteStream,
  memoryPair,
  type MemoryStream,
  upgradeWebSocket,
} from "../../src/transport/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import {
  pattern,
  randomSizes,
  readExactly,
  writeAll,
} from "./transport_contract.ts";
import {
  clientFrame,
  readHead,
  upgradeRequest,
} from "./transport_contract_websocket_client.ts";

const FIN = 0x80;
const [TEXT, BINARY, CLOSE, PING, PONG] = [1, 2, 8, 9, 10];

interface Opened {
  readonly stream: ByteStream;
  readonly peer: MemoryStream;
  readonly clock: ManualClock;
}

async function open(capacity = 1 << 20): Promise<Opened> {
  const [peer, below] = memoryPair({ capacity });
  const clock = new ManualClock();
  const upgrading = upgradeWebSocket(below, { clock });
  await writeAll(peer, new TextEncoder().encode(upgradeRequest()));
  await readHead(peer);
  return { stream: await upgrading, peer, clock };
}

function bytes(...parts: (number | Uint8Array)[]): Uint8Array {
  const all = parts.map((part) =>
    typeof part === "number" ? [part] : [...part]
  );
  return new Uint8Array(all.flat());
}

function codeBytes(code: number): number[] {
  return [code >> 8, code & 255];
}

/** Reads once into a large buffer. */
async function readSome(stream: ByteStream): Promise<Uint8Array | null> {
  const into = new Uint8Array(100_000);
  const count = await stream.read(into);
  return count === null ? null : into.slice(0, count);
}

const test = (promise: string, body: () => Promise<void>) =>
  Deno.test(`websocket-frames: ${promise}`, body);

/** Sends `frames`; wants a Close with `code`, the end, and a rejection. */
async function refused(
  frames: Uint8Array,
  code: number,
  why: RegExp,
): Promise<void> {
  const { stream, peer } = await open();
  await writeAll(peer, frames);
  await assert.rejects(readSome(stream), why);
  assert.deepEqual(
    await readSome(peer),
    bytes(FIN | CLOSE, 2, ...codeBytes(code)),
  );
  assert.equal(await readSome(peer), null);
  await assert.rejects(stream.write(pattern(1)));
}

test("[MQTT-6.0.0-1] a text message is answered with Close 1003", () =>
  refused(clientFrame(FIN | TEXT, pattern(3)), 1003, /text/));

test("a frame that is not masked: 1002, from its header alone", () =>
  refused(bytes(FIN | BINARY, 3), 1002, /masked/));

test("each reserved bit: 1002", async () => {
  for (const bit of [0x40, 0x20, 0x10]) {
    await refused(clientFrame(FIN | bit | BINARY, pattern(1)), 1002, /bit/);
  }
});

test("each reserved opcode: 1002", async () => {
  for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) {
    await refused(clientFrame(FIN | opcode, pattern(1)), 1002, /opcode/);
  }
});

test("a continuation of nothing: 1002", () =>
  refused(clientFrame(FIN | 0, pattern(1)), 1002, /fragment/));

test("a new message within a fragmented one: 1002", async () => {
  for (const opcode of [BINARY, TEXT]) {
    const frames = bytes(
      clientFrame(BINARY, bytes()),
      clientFrame(FIN | opcode, pattern(1)),
    );
    await refused(frames, 1002, /fragment/);
  }
});

test("a continuation of a finished message: 1002", () =>
  refused(
    bytes(
      clientFrame(BINARY, bytes()),
      clientFrame(FIN, bytes()),
      clientFrame(FIN, bytes()),
    ),
    1002,
    /fragment/,
  ));

test("a fragmented control frame: 1002", async () => {
  for (const opcode of [CLOSE, PING, PONG]) {
    await refused(clientFrame(opcode, bytes()), 1002, /fragmented/);
  }
});

test("a control frame of more than 125 bytes: 1002", async () => {
  for (const length of [126, 70_000]) {
    await refused(clientFrame(FIN | PING, pattern(length)), 1002, /too long/);
  }
});

test("lengths that are not minimal: 1002", async () => {
  const mask = [1, 2, 3, 4];
  const start = [FIN | BINARY];
  await refused(bytes(...start, 0xfe, 0, 125, ...mask), 1002, /minimal/);
  await refused(
    bytes(...start, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...mask),
    1002,
    /minimal/,
  );
});

test("a length with the highest bit set: 1002; beyond 2^53: 1009", async () => {
  const rest = bytes(0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4);
  const start = bytes(FIN | BINARY, 0xff);
  await refused(bytes(start, 0x80, rest), 1002, /negative/);
  await refused(bytes(start, 0x01, rest), 1009, /too long/);
});

test("what came before a violation is read first", async () => {
  const { stream, peer } = await open();
  await writeAll(
    peer,
    bytes(
      clientFrame(FIN | BINARY, pattern(5)),
      clientFrame(FIN | TEXT, bytes()),
    ),
  );
  assert.deepEqual(await readSome(stream), pattern(5));
  await assert.rejects(readSome(stream), Deno.errors.InvalidData);
  await assert.rejects(readSome(stream), Deno.errors.InvalidData);
});

test("payloads of 0, 125, 126, 65535 and 65536 bytes", async () => {
  const { stream, peer } = await open();
  for (const length of [0, 125, 126, 65535, 65536]) {
    await writeAll(peer, clientFrame(FIN | BINARY, pattern(length)));
    assert.deepEqual(await readExactly(stream, length), pattern(length));
  }
});

test("unmasking at any alignment, into buffers of any place", async () => {
  const { stream, peer } = await open();
  const random = randomSizes(11);
  const sent: Uint8Array[] = [];
  for (let i = 0; i < 150; i++) {
    const payload = pattern(random(2500)).map((byte) => byte ^ i);
    sent.push(payload);
    await writeAll(peer, clientFrame(FIN | BINARY, payload));
  }
  const expected = bytes(...sent);
  const into = new Uint8Array(5000);
  const received: Uint8Array[] = [];
  for (let length = 0; length < expected.length;) {
    const place = into.subarray(random(8), 100 + random(4000));
    const count = await stream.read(place);
    received.push(place.slice(0, count!));
    length += count!;
  }
  assert.deepEqual(bytes(...received), expected);
});

test("[MQTT-6.0.0-2] part of a frame is delivered before the rest", async () => {
  const { stream, peer } = await open();
  const frame = clientFrame(BINARY, pattern(100));
  await writeAll(peer, frame.subarray(0, frame.length - 90));
  assert.deepEqual(await readSome(stream), pattern(10));
  await writeAll(peer, frame.subarray(frame.length - 90));
  assert.deepEqual(await readSome(stream), pattern(100).subarray(10));
});

test("frames that come byte by byte", async () => {
  const { stream, peer } = await open();
  const frames = bytes(
    clientFrame(BINARY, pattern(200)),
    clientFrame(FIN | PING, pattern(9)),
    clientFrame(FIN, pattern(3)),
    clientFrame(FIN | CLOSE, bytes(...codeBytes(1001))),
  );
  const reading = readExactly(stream, 203);
  for (const byte of frames) await writeAll(peer, bytes(byte));
  assert.deepEqual(await reading, bytes(pattern(200), pattern(3)));
  assert.equal(await readSome(stream), null);
  const answers = await readExactly(peer, 15);
  assert.deepEqual(answers.subarray(0, 11), bytes(FIN | PONG, 9, pattern(9)));
  assert.deepEqual(answers.subarray(11), bytes(FIN | CLOSE, 2, 3, 233));
});

test("a ping is answered with its payload, within a message too", async () => {
  for (const length of [0, 1, 125]) {
    const { stream, peer } = await open();
    await writeAll(
      peer,
      bytes(
        clientFrame(BINARY, pattern(2)),
        clientFrame(FIN | PING, pattern(length)),
        clientFrame(FIN, pattern(3)),
      ),
    );
    assert.deepEqual(await readSome(stream), bytes(pattern(2), pattern(3)));
    assert.deepEqual(
      await readSome(peer),
      bytes(FIN | PONG, length, pattern(length)),
    );
  }
});

test("a control frame without payload is answered without more to come", async () => {
  const { stream, peer } = await open();
  const reading = readSome(stream);
  await writeAll(peer, clientFrame(FIN | PING, bytes()));
  assert.deepEqual(await readSome(peer), bytes(FIN | PONG, 0));
  await writeAll(peer, clientFrame(FIN | CLOSE, bytes()));
  assert.equal(await reading, null);
});

test("a write waits for a pong that is held", async () => {
  const { stream, peer } = await open(256);
  await stream.write(pattern(252));
  const reading = readSome(stream);
  await writeAll(peer, clientFrame(FIN | PING, pattern(100)));
  await writeAll(peer, clientFrame(FIN | BINARY, pattern(1)));
  await reading;
  const writing = stream.write(pattern(3));
  assert.deepEqual(
    (await readExactly(peer, 363)).subarray(256),
    bytes(FIN | PONG, 100, pattern(100), FIN | BINARY, 3, pattern(3)),
  );
  await writing;
});

test("a pong nobody asked for is ignored", async () => {
  const { stream, peer } = await open();
  await writeAll(
    peer,
    bytes(
      clientFrame(FIN | PONG, pattern(4)),
      clientFrame(FIN | BINARY, pattern(1)),
    ),
  );
  assert.deepEqual(await readSome(stream), pattern(1));
});

test("pings of a peer that reads nothing hold up neither side", async () => {
  const { stream, peer } = await open(256);
  const writing = stream.write(pattern(1000));
  const reading = readExactly(stream, 1);
  for (let i = 0; i < 100; i++) {
    await writeAll(peer, clientFrame(FIN | PING, bytes(i)));
  }
  await writeAll(peer, clientFrame(FIN | BINARY, pattern(1)));
  await reading;
  // Only the latest is answered, and not in the middle of the frame.
  assert.deepEqual(
    await readExactly(peer, 1007),
    bytes(FIN | BINARY, 126, 3, 232, pattern(1000), FIN | PONG, 1, 99),
  );
  await writing;
  await stream.write(pattern(1));
  assert.deepEqual(await readSome(peer), bytes(FIN | BINARY, 1, pattern(1)));
});

test("Close is answered with its code, then the stream ends", async () => {
  for (const payload of [[], codeBytes(1000), codeBytes(4999)]) {
    const { stream, peer } = await open();
    const reason = payload.length > 0 ? pattern(20) : bytes();
    await writeAll(
      peer,
      bytes(
        clientFrame(FIN | BINARY, pattern(1)),
        clientFrame(FIN | CLOSE, bytes(...payload, reason)),
        clientFrame(FIN | BINARY, pattern(7)),
      ),
    );
    assert.deepEqual(await readSome(stream), pattern(1));
    assert.equal(await readSome(stream), null);
    assert.equal(await readSome(stream), null);
    assert.deepEqual(
      await readSome(peer),
      bytes(FIN | CLOSE, payload.length, ...payload),
    );
    assert.equal(await readSome(peer), null);
    await assert.rejects(stream.write(pattern(1)), Deno.errors.BrokenPipe);
  }
});

test("a Close that is not allowed: 1002, or 1007 for its reason", async () => {
  for (const code of [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000]) {
    const frame = clientFrame(FIN | CLOSE, bytes(...codeBytes(code)));
    await refused(frame, 1002, /close code/);
  }
  for (const half of [3, 15]) {
    await refused(clientFrame(FIN | CLOSE, bytes(half)), 1002, /close code/);
  }
  const reason = clientFrame(
    FIN | CLOSE,
    bytes(...codeBytes(1000), 0xc0, 0x80),
  );
  await refused(reason, 1007, /UTF-8/);
});

test("each write is one unmasked binary message", async () => {
  const { stream, peer } = await open();
  const headers: [number, number[]][] = [
    [1, [1]],
    [125, [125]],
    [126, [126, 0, 126]],
    [16384, [126, 0x40, 0]],
    [16385, [126, 0x40, 1]],
    [65535, [126, 255, 255]],
    [65536, [127, 0, 0, 0, 0, 0, 1, 0, 0]],
  ];
  for (const [length, header] of headers) {
    assert.equal(await stream.write(pattern(length)), length);
    assert.deepEqual(
      await readExactly(peer, 1 + header.length + length),
      bytes(FIN | BINARY, ...header, pattern(length)),
    );
  }
});

test("close sends Close 1000 and ends both directions", async () => {
  const { stream, peer } = await open();
  stream.close();
  stream.close();
  assert.deepEqual(await readSome(peer), bytes(FIN | CLOSE, 2, 3, 232));
  assert.equal(await readSome(peer), null);
  await assert.rejects(peer.write(pattern(1)));
});

test("bytes that come after close are not delivered", async () => {
  const { stream, peer } = await open();
  const reading = assert.rejects(readSome(stream), Deno.errors.BadResource);
  stream.close();
  await writeAll(peer, clientFrame(FIN | BINARY, pattern(1)));
  await reading;
});

test("close with a write held just ends, within no frame", async () => {
  const { stream, peer } = await open(256);
  const writing = assert.rejects(stream.write(pattern(1000)));
  stream.close();
  await writing;
  const left = await readSome(peer);
  assert.deepEqual(left, bytes(FIN | BINARY, 126, 3, 232, pattern(252)));
  assert.equal(await readSome(peer), null);
});

test("a Close that cannot leave ends the stream after a second", async () => {
  const { stream, peer, clock } = await open(256);
  await stream.write(pattern(252));
  const reading = assert.rejects(readSome(stream));
  stream.close();
  clock.advance(999);
  await writeAll(peer, clientFrame(FIN | BINARY, bytes()));
  clock.advance(1);
  await reading;
  await assert.rejects(peer.write(pattern(1)));
});

test("bytes at random end in InvalidData, or give no more than came", async () => {
  const random = randomSizes(5);
  for (let round = 0; round < 500; round++) {
    const { stream, peer, clock } = await open();
    const noise = new Uint8Array(random(400)).map(() => random(256) - 1);
    // Half of them begin as a frame does, or hardly any would get further.
    if (round % 2 === 0) {
      noise.set([FIN | BINARY, 0x80 | random(8)].slice(0, noise.length));
    }
    await writeAll(peer, noise);
    await peer.closeWrite();
    let received = 0;
    try {
      for (let some; (some = await readSome(stream)) !== null;) {
        received += some.length;
      }
    } catch (error) {
      assert.ok(error instanceof Deno.errors.InvalidData, `${error}`);
    }
    assert.ok(received <= noise.length);
    stream.close();
    clock.advance(1000);
  }
});
