/** Bytes from which on a view of words saves time. */
const worthWords = 256;

/**
 * Removes the masking of `count` bytes at `from` and moves them to `to`, which
 * is not above `from` [RFC 6455 §5.3]. The lowest byte of `mask` is for the
 * first byte. Returns the mask for the byte behind the last.
 */
export function unmask(
  bytes: Uint8Array,
  from: number,
  to: number,
  count: number,
  mask: number,
): number {
  if (count >= worthWords) return unmaskWords(bytes, from, to, count, mask);
  for (let i = 0; i < count; i++) {
    bytes[to + i] = bytes[from + i] ^ mask;
    mask = (mask >>> 8) | (mask << 24);
  }
  return mask;
}

/** Unmasks four bytes at a time; all systems of Deno are little-endian. */
function unmaskWords(
  bytes: Uint8Array,
  from: number,
  to: number,
  count: number,
  mask: number,
): number {
  bytes.copyWithin(to, from, from + count);
  const end = to + count;
  // Words begin at multiples of four in the buffer.
  const unaligned = -(bytes.byteOffset + to) & 3;
  mask = unmask(bytes, to, to, unaligned, mask);
  to += unaligned;
  const length = (end - to) >>> 2;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + to, length);
  for (let i = 0; i < length; i++) words[i] ^= mask;
  to += length * 4;
  return unmask(bytes, to, to, end - to, mask);
}
