/** An alphabet of RFC 4648: section 4 or section 5. */
export type Base64Alphabet = "base64" | "base64url";

/**
 * Returns the bytes of padded Base64 text, and null for any text that no
 * encoder writes: other characters, missing padding, or bits behind the last
 * byte that are not zero (RFC 4648, 3.3 and 3.5). So each value has one text.
 *
 * @default alphabet "base64"
 */
export function decodeBase64(
  text: string,
  alphabet: Base64Alphabet = "base64",
): Uint8Array<ArrayBuffer> | null {
  // The runtime passes over white space.
  if (/\s/.test(text)) return null;
  try {
    return Uint8Array.fromBase64(text, {
      alphabet,
      lastChunkHandling: "strict",
    });
  } catch {
    return null;
  }
}

/** As `decodeBase64`, of text that has no padding. */
export function decodeBareBase64(
  text: string,
  alphabet: Base64Alphabet = "base64",
): Uint8Array<ArrayBuffer> | null {
  if (text.includes("=")) return null;
  return decodeBase64(
    text.padEnd(Math.ceil(text.length / 4) * 4, "="),
    alphabet,
  );
}
