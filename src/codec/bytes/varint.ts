/** Largest value of a variable byte integer (MQTT 5.0, 1.5.5). */
const VARINT_MAX = 268_435_455;

/** Returns the bytes of `value` ≥ 0 as a variable byte integer; 5: too large. */
export function varintLength(value: number): number {
  if (value < 128) return 1;
  if (value < 16_384) return 2;
  if (value < 2_097_152) return 3;
  return value <= VARINT_MAX ? 4 : 5;
}

/**
 * Writes `value` (0 to 268,435,455) in its shortest form [MQTT-1.5.5-1], at
 * `at`, and returns the offset behind it. The caller makes room before.
 */
export function writeVarint(
  into: Uint8Array,
  at: number,
  value: number,
): number {
  while (value >= 128) {
    into[at++] = (value & 0x7f) | 0x80;
    value >>>= 7;
  }
  into[at++] = value;
  return at;
}
