import { strict as assert } from "node:assert";
import {
  decodePacket,
  Frame,
  type Packet,
  PublishPacket,
  readFrame,
} from "../../src/codec/mod.ts";
import { ProtocolError, type ProtocolVersion } from "../../src/mqtt/mod.ts";
import { toHex } from "../support/bytes.ts";
import { NEW_CORPUS, OLD_CORPUS } from "./decoder_corpus.ts";
import { mutate } from "./decoder_mutations.ts";
import { Random } from "./decoder_random.ts";

/** How many mutated packets to throw at the decoder. */
const PACKETS = Number(Deno.env.get("DUNLIN_FUZZ_PACKETS") ?? 1_000_000);
/** Set it to what a failure printed to see that failure again. */
const SEED = Number(
  Deno.env.get("DUNLIN_FUZZ_SEED") ??
    crypto.getRandomValues(new Uint32Array(1))[0],
);

const MAX_PACKET_SIZE = 1_024;
/** Every so many packets the costlier promises are checked too. */
const CLOSER_LOOK = 61;

/** What happened over the whole run: a fuzz that only fails shows nothing. */
interface Tally {
  decoded: number;
  refused: number;
  unfinished: number;
}

/** One connection: a mutant with correct packets before and behind it. */
interface Trial {
  readonly stream: Uint8Array;
  readonly version: ProtocolVersion;
  readonly fromServer: boolean;
}

function makeTrial(random: Random): Trial {
  const version = random.pick([3, 4, 5, 5] as const);
  const corpus = version === 5 ? NEW_CORPUS : OLD_CORPUS;
  const mutant = mutate(random, random.pick(corpus), corpus);
  const before = random.below(4) === 0 ? PING : NOTHING;
  const behind = random.below(4) === 0 ? random.pick(corpus) : NOTHING;
  const stream = new Uint8Array(before.length + mutant.length + behind.length);
  stream.set(before);
  stream.set(mutant, before.length);
  stream.set(behind, before.length + mutant.length);
  return { stream, version, fromServer: random.below(4) === 0 };
}

const PING = Uint8Array.of(0xc0, 0);
const NOTHING = new Uint8Array(0);
const buffer = new Uint8Array(4 * MAX_PACKET_SIZE);
const frame = new Frame();

/**
 * Feeds the stream in chunks of any size, as a pump does. Stale bytes of
 * earlier trials stand behind what is filled: no decoder may look at them.
 */
function feed(random: Random, trial: Trial, tally: Tally, closer: boolean) {
  const { stream, version, fromServer } = trial;
  let at = 0;
  let filled = 0;
  while (filled < stream.length) {
    const size = random.below(3) === 0 ? 1 + random.below(8) : stream.length;
    const piece = stream.subarray(filled, filled + size);
    buffer.set(piece, filled);
    filled += piece.length;
    for (;;) {
      const length = readFrame(
        frame,
        buffer,
        at,
        filled,
        MAX_PACKET_SIZE,
        version,
      );
      if (length === 0) break;
      assert(length >= 2 && at + length <= filled, "a frame out of its chunk");
      const packet = decodePacket(buffer, frame, version, fromServer);
      tally.decoded++;
      if (packet instanceof PublishPacket) checkOffsets(packet);
      if (closer) checkAlone(packet, trial, at, length);
      at += length;
    }
    assert(frame.needed <= MAX_PACKET_SIZE, "more is buffered than allowed");
  }
  if (at < filled) tally.unfinished++;
}

function checkOffsets(packet: PublishPacket): void {
  const { start, topicStart, topicEnd, payloadStart, end } = packet;
  assert(
    start < topicStart && topicStart <= topicEnd && topicEnd <= payloadStart &&
      payloadStart <= end && end <= frame.end,
    "a PUBLISH with offsets out of order",
  );
}

/** The same bytes alone in their own chunk must say the same. */
function checkAlone(
  packet: Packet,
  trial: Trial,
  at: number,
  length: number,
): void {
  const alone = trial.stream.slice(at, at + length);
  const own = new Frame();
  assert.equal(
    readFrame(own, alone, 0, length, MAX_PACKET_SIZE, trial.version),
    length,
  );
  const again = decodePacket(alone, own, trial.version, trial.fromServer);
  if (!(packet instanceof PublishPacket)) {
    assert.deepEqual(again, packet);
    return;
  }
  assert(again instanceof PublishPacket);
  assert.deepEqual(again.properties, packet.properties);
  assert.equal(again.payloadStart, packet.payloadStart - at);
  assert.equal(again.packetId, packet.packetId);
}

Deno.test("the packets that are mutated are correct", () => {
  for (const version of [4, 5] as const) {
    for (const bytes of version === 5 ? NEW_CORPUS : OLD_CORPUS) {
      const length = readFrame(
        frame,
        bytes,
        0,
        bytes.length,
        MAX_PACKET_SIZE,
        version,
      );
      assert.equal(length, bytes.length);
      const decode = (fromServer: boolean) =>
        decodePacket(bytes, frame, version, fromServer);
      try {
        decode(false);
      } catch {
        decode(true);
      }
    }
  }
});

Deno.test(`${PACKETS} mutated packets: packets or ProtocolError`, () => {
  const { stackTraceLimit } = Error;
  // Nearly every mutant makes an error, and its stack is most of its cost.
  Error.stackTraceLimit = 0;
  const random = new Random(SEED);
  const tally: Tally = { decoded: 0, refused: 0, unfinished: 0 };
  try {
    for (let i = 0; i < PACKETS; i++) {
      const trial = makeTrial(random);
      try {
        feed(random, trial, tally, i % CLOSER_LOOK === 0);
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw failure(error, i, trial);
        tally.refused++;
      }
    }
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
  // Each outcome must be common, or the mutants are too wild or too tame.
  for (const [outcome, count] of Object.entries(tally)) {
    assert(count > PACKETS / 20, `only ${count} of ${PACKETS} ${outcome}`);
  }
});

function failure(cause: unknown, index: number, trial: Trial): Error {
  const { stream, version, fromServer } = trial;
  return new Error(
    `DUNLIN_FUZZ_SEED=${SEED}, packet ${index}, version ${version}, ` +
      `${fromServer ? "from a server" : "from a client"}: ${toHex(stream)}\n` +
      `${cause}`,
    { cause },
  );
}
