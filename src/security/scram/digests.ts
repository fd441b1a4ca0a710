import { createHash, createHmac } from "node:crypto";

/** Bytes of what either gives. */
export const DIGEST_BYTES = 32;

/** HMAC-SHA-256 of `text`. */
export function hmac(
  key: Uint8Array,
  text: string,
): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(createHmac("sha256", key).update(text).digest());
}

/** SHA-256 of `bytes`. */
export function sha256(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(createHash("sha256").update(bytes).digest());
}
