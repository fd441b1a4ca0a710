import { join, property } from "../support/bytes.ts";
import { Packets } from "../support/packets.ts";
import { NEW_CORPUS, OLD_CORPUS } from "./decoder_corpus.ts";
import { mutate } from "./decoder_mutations.ts";
import type { Random } from "./decoder_random.ts";

/** What one hostile client sends. */
export interface Attack {
  /** Its bytes, cut as they are to be written. */
  readonly chunks: readonly Uint8Array[];
  /** How many mutated packets are in them. */
  readonly mutants: number;
}

/** Most mutants in one connection; what comes behind a fatal one is lost. */
const MOST = 2;

/** Few enough that clients now and then take over from each other. */
const CLIENT_IDS = 4096;

/** A CONNECT that is let in, so that what follows reaches the handlers. */
function greeting(random: Random, version: 3 | 4 | 5): Uint8Array {
  const clean = random.below(2) === 0;
  return new Packets(version).connect({
    clientId: `fuzz-${random.below(CLIENT_IDS)}`,
    clean,
    keepAlive: random.pick([0, 1, 60]),
    will: random.below(4) === 0
      ? { topic: "a/b", payload: "bye", qos: random.below(3), retain: !clean }
      : undefined,
    properties: version === 5 && !clean ? [property.sessionExpiry(20)] : [],
  });
}

function cut(random: Random, stream: Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  const small = random.below(4) === 0;
  for (let at = 0; at < stream.length;) {
    const size = 1 + random.below(small ? 12 : stream.length);
    chunks.push(stream.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

/**
 * One connection's worth: mostly a good CONNECT and one or a few mutants,
 * with correct packets between; now and then the CONNECT is the mutant.
 */
export function makeAttack(random: Random): Attack {
  const version = random.pick([3, 4, 5, 5] as const);
  const corpus = version === 5 ? NEW_CORPUS : OLD_CORPUS;
  const parts: Uint8Array[] = [];
  let mutants = 1;
  if (random.below(8) === 0) {
    const connect = version === 5
      ? NEW_CORPUS[random.below(2)]
      : OLD_CORPUS[random.below(4)];
    parts.push(mutate(random, connect, corpus));
  } else {
    parts.push(greeting(random, version));
    mutants = 1 + random.below(MOST);
    for (let i = 0; i < mutants; i++) {
      if (random.below(3) === 0) parts.push(random.pick(corpus));
      parts.push(mutate(random, random.pick(corpus), corpus));
    }
  }
  return { chunks: cut(random, join(...parts)), mutants };
}
