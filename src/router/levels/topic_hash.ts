/** Spreads what one multiplication can: 2^32 divided by the golden ratio. */
const GOLDEN = 0x9e3779b1;

/**
 * Hash of topic bytes, as a signed 32-bit number. Four bytes a step: it runs
 * once for every message published. `seed` differs from process to process,
 * so that colliding topics cannot be prepared.
 */
export function hashTopic(
  bytes: Uint8Array,
  start: number,
  end: number,
  seed: number,
): number {
  let hash = seed ^ (end - start);
  let i = start;
  for (const whole = end - 3; i < whole; i += 4) {
    hash = Math.imul(
      hash ^ (bytes[i] | bytes[i + 1] << 8 | bytes[i + 2] << 16 |
        bytes[i + 3] << 24),
      GOLDEN,
    );
    // A multiplication carries upwards only; this brings the top back down.
    hash ^= hash >>> 15;
  }
  for (; i < end; i++) {
    hash = Math.imul(hash ^ bytes[i], GOLDEN);
    hash ^= hash >>> 15;
  }
  return settle(hash);
}

/**
 * Hash of `text` from `start` to `end`, from 0 to 2^32 - 1; the same in every
 * process that has the same `seed`.
 */
export function hashText(
  text: string,
  start = 0,
  end: number = text.length,
  seed = 0,
): number {
  let hash = seed ^ (end - start);
  for (let i = start; i < end; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), GOLDEN);
    hash ^= hash >>> 15;
  }
  return settle(hash) >>> 0;
}

/**
 * Lets every bit depend on all others, as the steps alone do not: sets and
 * group members are chosen by the lowest bits. (The end of MurmurHash3.)
 */
function settle(hash: number): number {
  hash = Math.imul(hash ^ hash >>> 16, 0x85ebca6b);
  hash = Math.imul(hash ^ hash >>> 13, 0xc2b2ae35);
  return hash ^ hash >>> 16;
}
