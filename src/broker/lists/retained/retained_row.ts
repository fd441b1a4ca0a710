import { isWellFormedUtf8, type Message } from "../../../mqtt/mod.ts";
import {
  type MessageProperties,
  readProperties,
} from "./message_properties.ts";

/** A payload as text, or in Base64 where it is none. */
export interface PayloadText {
  readonly encoding: "text" | "base64";
  readonly payload: string;
  /** Whether bytes are left out at the end. */
  readonly isCut: boolean;
}

/** One retained message. */
export interface RetainedRow extends PayloadText {
  readonly topic: string;
  /** Bytes of the payload. */
  readonly bytes: number;
  readonly qos: number;
  /** Client id of the publisher; empty for the broker. */
  readonly publisher: string;
  /** Date of the expiry, ISO 8601; null for never. */
  readonly expiresAt: string | null;
  readonly properties: MessageProperties;
}

/**
 * Returns the row of a message, with up to `most` bytes of its payload.
 * `dateOf` returns the date of a time by `Clock.now`.
 */
export function retainedRow(
  message: Message,
  most: number,
  dateOf: (time: number) => string,
): RetainedRow {
  const { topic, qos, publisher, expiresAt, properties } = message;
  return {
    topic: topic.text,
    bytes: message.payloadLength,
    qos,
    publisher,
    expiresAt: expiresAt === Infinity ? null : dateOf(expiresAt),
    properties: properties === null ? {} : readProperties(properties),
    ...payloadText(message, most),
  };
}

/** Returns up to `most` bytes of the payload, as text if all of it is. */
export function payloadText(
  { bytes, payloadStart, payloadEnd }: Message,
  most: number,
): PayloadText {
  const isCut = payloadEnd - payloadStart > most;
  let end = isCut ? payloadStart + most : payloadEnd;
  // A cut within a character would make text of no encoding.
  if (isCut) {
    while (end > payloadStart && (bytes[end] & 0xc0) === 0x80) {
      end--;
    }
  }
  if (isWellFormedUtf8(bytes, payloadStart, end, true)) {
    const text = new TextDecoder("utf-8", { ignoreBOM: true })
      .decode(bytes.subarray(payloadStart, end));
    return { encoding: "text", payload: text, isCut };
  }
  const shown = bytes.subarray(
    payloadStart,
    isCut ? payloadStart + most : payloadEnd,
  );
  return { encoding: "base64", payload: shown.toBase64(), isCut };
}
