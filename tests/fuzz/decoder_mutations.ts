import { join } from "../support/bytes.ts";
import type { Random } from "./decoder_random.ts";

/** Bytes that mean something: ends of ranges, lengths, ids, wildcards. */
const TELLING = Uint8Array.of(
  ...[0x00, 0x01, 0x02, 0x03, 0x04, 0x0b, 0x18, 0x1f, 0x22, 0x23, 0x26, 0x2b],
  ...[0x2f, 0x7f, 0x80, 0x81, 0xc0, 0xed, 0xf4, 0xfe, 0xff],
);

type Mutation = (
  random: Random,
  packet: Uint8Array,
  corpus: readonly Uint8Array[],
) => Uint8Array;

/** Changes in place; `packet` is a copy already. */
function flipBit(random: Random, packet: Uint8Array): Uint8Array {
  packet[random.below(packet.length)] ^= 1 << random.below(8);
  return packet;
}

function setByte(random: Random, packet: Uint8Array): Uint8Array {
  packet[random.below(packet.length)] = random.below(256);
  return packet;
}

function setTellingByte(random: Random, packet: Uint8Array): Uint8Array {
  packet[random.below(packet.length)] = TELLING[random.below(TELLING.length)];
  return packet;
}

/** As they are in small packets, lengths are bytes next to 0. */
function nudgeByte(random: Random, packet: Uint8Array): Uint8Array {
  packet[random.below(packet.length)] += random.below(2) === 0 ? 1 : -1;
  return packet;
}

function truncate(random: Random, packet: Uint8Array): Uint8Array {
  return packet.subarray(0, 1 + random.below(packet.length));
}

function insert(random: Random, packet: Uint8Array): Uint8Array {
  const at = random.below(packet.length + 1);
  const extra = new Uint8Array(1 + random.below(4));
  for (let i = 0; i < extra.length; i++) extra[i] = random.below(256);
  return join(packet.subarray(0, at), extra, packet.subarray(at));
}

function remove(random: Random, packet: Uint8Array): Uint8Array {
  const at = random.below(packet.length);
  const to = at + 1 + random.below(4);
  return join(packet.subarray(0, at), packet.subarray(to));
}

function repeatPart(random: Random, packet: Uint8Array): Uint8Array {
  const at = random.below(packet.length);
  const to = at + 1 + random.below(12);
  return join(packet.subarray(0, to), packet.subarray(at));
}

function splice(
  random: Random,
  packet: Uint8Array,
  corpus: readonly Uint8Array[],
): Uint8Array {
  const other = random.pick(corpus);
  return join(
    packet.subarray(0, random.below(packet.length + 1)),
    other.subarray(random.below(other.length)),
  );
}

/**
 * Makes the remaining length true again, where it has one byte: without it
 * nearly all that was inserted or removed would fail at the header.
 */
function repairLength(_random: Random, packet: Uint8Array): Uint8Array {
  if (packet.length >= 2 && packet.length < 130) packet[1] = packet.length - 2;
  return packet;
}

const MUTATIONS: readonly Mutation[] = [
  ...[flipBit, setByte, setTellingByte, nudgeByte, truncate, insert, remove],
  ...[repeatPart, splice, repairLength],
];

/** A copy of `packet` with one to four things wrong; it may end up empty. */
export function mutate(
  random: Random,
  packet: Uint8Array,
  corpus: readonly Uint8Array[],
): Uint8Array {
  let mutant: Uint8Array = packet.slice();
  const times = 1 + random.below(4);
  for (let i = 0; i < times && mutant.length > 0; i++) {
    mutant = random.pick(MUTATIONS)(random, mutant, corpus);
  }
  return random.below(2) === 0 ? repairLength(random, mutant) : mutant;
}
