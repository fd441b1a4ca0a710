/** Characters of the longest key that stands for itself. */
const LONGEST = 256;

/** Of this process alone: a peer cannot search for two texts with one hash. */
const [SEED_1, SEED_2] = crypto.getRandomValues(new Uint32Array(2));

/**
 * Returns a text of at most some 300 characters for `parts`, of which a peer may
 * choose any. Other parts have another text: short ones stand for themselves,
 * long ones have a hash of 64 bits.
 */
export function shortKey(...parts: readonly (string | null)[]): string {
  const key = JSON.stringify(parts);
  return key.length <= LONGEST ? key : `${key.length} ${hashOf(key)}`;
}

/** Two FNV-like hashes of 32 bits in one pass; not for secrets. */
function hashOf(text: string): string {
  let one = SEED_1;
  let two = SEED_2;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    one = Math.imul(one ^ unit, 0x9e3779b1);
    one ^= one >>> 15;
    two = Math.imul(two ^ unit, 0x5f356495);
    two ^= two >>> 13;
  }
  return `${(one >>> 0).toString(16)} ${(two >>> 0).toString(16)}`;
}
