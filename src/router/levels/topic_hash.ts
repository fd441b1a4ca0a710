/** 2^32 divided by the golden ratio: multiplying by it spreads bits. */
const GOLDEN = 0x9e3779b1;

/**
 * Returns the hash of topic bytes, a signed 32-bit number. It takes four bytes a
 * step, as it runs once a PUBLISH. `seed` differs from process to process:
 * clients cannot prepare colliding topics.
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
    // A multiplication moves bits upwards only; this brings the top back down.
    hash ^= hash >>> 15;
  }
  for (; i < end; i++) {
    hash = Math.imul(hash ^ bytes[i], GOLDEN);
    hash ^= hash >>> 15;
  }
  return settle(hash);
}

/**
 * Returns the hash of `text` from `start` up to `end`, 0 to 2^32 - 1; the same in
 * every process with the same `seed`.
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
 * Makes every bit depend on all others, as in the end of MurmurHash3: the lowest
 * bits choose sets and group members.
 */
function settle(hash: number): number {
  hash = Math.imul(hash ^ hash >>> 16, 0x85ebca6b);
  hash = Math.imul(hash ^ hash >>> 13, 0xc2b2ae35);
  return hash ^ hash >>> 16;
}
