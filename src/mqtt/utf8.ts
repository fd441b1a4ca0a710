import { Buffer } from "node:buffer";
import { ProtocolError } from "./protocol_error.ts";
import { ReasonCode } from "./reason_code.ts";

// A call costs more than adding so few characters up; measured.
const SHORT = 8;

// Makes one flat string. Characters added up make a rope, which takes ten times
// the room until its first reader flattens it.
const { latin1Slice } = Buffer.prototype as unknown as {
  latin1Slice(this: Uint8Array, start: number, end: number): string;
};

// With `ignoreBOM` the decoder keeps a byte order mark [MQTT-1.5.4-3].
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
const scratch = new Uint8Array(256);

/**
 * Returns whether the bytes from `start` up to `end` are a UTF-8 Encoded String
 * of MQTT: no overlong form, no surrogate, nothing above U+10FFFF
 * [MQTT-1.5.4-1] and no U+0000 [MQTT-1.5.4-2]. They may be empty.
 *
 * @param allowNull Allows U+0000, which a payload may have.
 */
export function isWellFormedUtf8(
  bytes: Uint8Array,
  start: number,
  end: number,
  allowNull = false,
): boolean {
  let at = start;
  while (at < end) {
    const lead = bytes[at];
    if (lead < 0x80) {
      if (lead === 0 && !allowNull) return false;
      at++;
      continue;
    }
    const length = sequenceLength(lead);
    if (length === 0 || at + length > end) return false;
    const second = bytes[at + 1];
    // The second byte alone shows overlong forms, surrogates, and characters
    // above U+10FFFF (Unicode, table 3-7).
    if (second < lowestSecond(lead) || second > highestSecond(lead)) {
      return false;
    }
    for (let i = at + 2; i < at + length; i++) {
      if ((bytes[i] & 0xc0) !== 0x80) return false;
    }
    at += length;
  }
  return true;
}

/** Returns the bytes of the sequence that `lead` (≥ 0x80) begins; 0 for none. */
function sequenceLength(lead: number): 0 | 2 | 3 | 4 {
  if (lead < 0xc2) return 0;
  if (lead < 0xe0) return 2;
  if (lead < 0xf0) return 3;
  return lead < 0xf5 ? 4 : 0;
}

function lowestSecond(lead: number): number {
  if (lead === 0xe0) return 0xa0;
  return lead === 0xf0 ? 0x90 : 0x80;
}

function highestSecond(lead: number): number {
  if (lead === 0xed) return 0x9f;
  return lead === 0xf4 ? 0x8f : 0xbf;
}

/**
 * Decodes the bytes from `start` up to `end`; keeps a byte order mark.
 *
 * @throws {ProtocolError} 0x81 unless `isWellFormedUtf8`.
 */
export function decodeUtf8(
  bytes: Uint8Array,
  start: number,
  end: number,
): string {
  let at = start;
  while (at < end && bytes[at] < 0x80 && bytes[at] !== 0) at++;
  if (at === end) {
    if (end - start > SHORT) return latin1Slice.call(bytes, start, end);
    let text = "";
    for (at = start; at < end; at++) text += String.fromCharCode(bytes[at]);
    return text;
  }
  if (!isWellFormedUtf8(bytes, start, end)) {
    throw new ProtocolError(
      ReasonCode.MalformedPacket,
      "a string is not well-formed UTF-8",
    );
  }
  return decoder.decode(bytes.subarray(start, end));
}

/**
 * Returns `text` from `start` up to `end` in memory of its own: a `slice` of 13
 * characters or more keeps the whole text alive.
 */
export function ownText(text: string, start: number, end: number): string {
  const length = end - start;
  if (length < 13 || length > scratch.length || length === text.length) {
    return text.slice(start, end);
  }
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(start + i);
    // Too rare to be worth more code.
    if (code > 0xff) return text.slice(start, end);
    scratch[i] = code;
  }
  return latin1Slice.call(scratch, 0, length);
}

/** Encodes `text`; a lone surrogate becomes U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Returns whether `text` takes more than `bytes` bytes of UTF-8. */
export function isLonger(text: string, bytes: number): boolean {
  // A UTF-16 unit takes at most three bytes: most texts need no encoding.
  return text.length * 3 > bytes && encodeUtf8(text).length > bytes;
}
