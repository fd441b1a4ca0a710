import {
  PropertyId,
  propertyName,
  ProtocolError,
  ReasonCode,
} from "../../mqtt/mod.ts";
import { ByteReader } from "./byte_reader.ts";
import { malformed, violation } from "./errors.ts";

/** A packet, or part of one, with properties of an application message. */
export type PublishPlace = "from client" | "from server" | "will";

/** Decoded properties of a PUBLISH or of a will (3.3.2.3, 3.1.3.2). */
export class PublishProperties {
  /** 1 to 65,535, or 0 when there is none. */
  topicAlias = 0;
  /** Seconds, or -1 when the message does not expire. */
  messageExpiry: number = -1;
  /** Payload Format Indicator (0x01): 1 when the payload is UTF-8, else 0. */
  payloadFormat = 0;
  /** Seconds; in a will only. */
  willDelay = 0;
  /** Subscription identifiers; from a server only. Null when there are none. */
  identifiers: number[] | null = null;
  /**
   * A copy of the properties that a receiver must get unaltered and in order
   * [MQTT-3.3.2-17] to [MQTT-3.3.2-20]; null for none.
   */
  properties: Uint8Array | null = null;
}

// Only one packet is decoded at a time, so one reader serves all.
const reader = new ByteReader(new Uint8Array(0), 0, 0);

/**
 * Decodes the property length at `at` and the properties behind it, and returns
 * the offset behind them. The fields of `into` must have their first values.
 *
 * @throws {ProtocolError} 0x81 when malformed or not allowed in `place`, 0x82
 * for a duplicate or a value that is not allowed, 0x94 for Topic Alias 0.
 */
export function decodePublishProperties(
  into: PublishProperties,
  chunk: Uint8Array,
  at: number,
  end: number,
  place: PublishPlace,
): number {
  reader.chunk = chunk;
  reader.at = at;
  reader.end = end;
  const length = reader.varint();
  const start = reader.skip(length);
  reader.end = start + length;
  reader.at = start;
  let seen = 0;
  let passedOn = 0;
  while (reader.at < reader.end) {
    const begin = reader.at;
    // Identifiers are variable byte integers, but all of them have one byte.
    const id = reader.uint8();
    // One PUBLISH may have millions of them.
    if (id === PropertyId.UserProperty) {
      reader.skipPair();
      passedOn += reader.at - begin;
      continue;
    }
    // The bits end at 31: the value shows whether Topic Alias came before. The
    // Subscription Identifier may repeat.
    if (id < 32 && id !== PropertyId.SubscriptionIdentifier) {
      if ((seen & 1 << id) !== 0) throw duplicate(id);
      seen |= 1 << id;
    }
    decodeOne(into, id, place);
    if (isPassedOn(id)) passedOn += reader.at - begin;
  }
  if (passedOn === length) {
    if (length > 0) into.properties = chunk.slice(start, reader.end);
  } else if (passedOn > 0) {
    into.properties = copyPassedOn(chunk, start, reader.end, passedOn);
  }
  return reader.end;
}

function decodeOne(
  into: PublishProperties,
  id: number,
  place: PublishPlace,
): void {
  switch (id) {
    case PropertyId.PayloadFormatIndicator:
      into.payloadFormat = reader.uint8();
      if (into.payloadFormat > 1) {
        throw violation(
          `${propertyName(id)} is ${into.payloadFormat}, not 0 or 1`,
        );
      }
      return;
    case PropertyId.MessageExpiryInterval:
      into.messageExpiry = reader.uint32();
      return;
    case PropertyId.ContentType:
      reader.skipUtf8();
      return;
    case PropertyId.ResponseTopic:
      checkResponseTopic(reader.skipUtf8());
      return;
    case PropertyId.CorrelationData:
      reader.skip(reader.uint16());
      return;
    case PropertyId.TopicAlias:
      if (place === "will") break;
      if (into.topicAlias !== 0) throw duplicate(id);
      into.topicAlias = topicAlias(reader.uint16());
      return;
    case PropertyId.SubscriptionIdentifier:
      if (place === "will") break;
      addIdentifier(into, reader.varint(), place);
      return;
    case PropertyId.WillDelayInterval:
      if (place !== "will") break;
      into.willDelay = reader.uint32();
      return;
  }
  throw malformed(
    `${propertyName(id)} is not allowed in ${
      place === "will" ? "a will" : "PUBLISH"
    }`,
  );
}

/** Checks the Response Topic, which ends at the reader's position. */
function checkResponseTopic(length: number): void {
  if (length === 0) throw violation("Response Topic (0x08) is empty");
  for (let i = reader.at - length; i < reader.at; i++) {
    const byte = reader.chunk[i];
    // [MQTT-3.3.2-14]
    if (byte === 0x23 || byte === 0x2b) {
      throw violation("Response Topic (0x08) contains a wildcard");
    }
  }
}

/** Returns `value`; 0 is an error [MQTT-3.3.2-8]. */
function topicAlias(value: number): number {
  if (value > 0) return value;
  throw new ProtocolError(
    ReasonCode.TopicAliasInvalid,
    "Topic Alias (0x23) must not be 0",
  );
}

function addIdentifier(
  into: PublishProperties,
  value: number,
  place: PublishPlace,
): void {
  // [MQTT-3.3.4-6]
  if (place === "from client") {
    throw violation(
      "Subscription Identifier (0x0B) is not allowed in a client's PUBLISH",
    );
  }
  if (value === 0) {
    throw violation("Subscription Identifier (0x0B) must not be 0");
  }
  if (into.identifiers === null) into.identifiers = [value];
  else into.identifiers.push(value);
}

function duplicate(id: number): ProtocolError {
  return violation(`duplicate property ${propertyName(id)}`);
}

/** Returns whether receivers get the property; the others concern one hop. */
function isPassedOn(id: number): boolean {
  return id !== PropertyId.MessageExpiryInterval &&
    id !== PropertyId.TopicAlias &&
    id !== PropertyId.SubscriptionIdentifier &&
    id !== PropertyId.WillDelayInterval;
}

/** Copies the properties for receivers; the decoder has checked their lengths. */
function copyPassedOn(
  chunk: Uint8Array,
  start: number,
  end: number,
  length: number,
): Uint8Array {
  const copy = new Uint8Array(length);
  let to = 0;
  let at = start;
  while (at < end) {
    const next = propertyEnd(chunk, at);
    if (isPassedOn(chunk[at])) {
      while (at < next) copy[to++] = chunk[at++];
    }
    at = next;
  }
  return copy;
}

function propertyEnd(chunk: Uint8Array, at: number): number {
  const id = chunk[at++];
  switch (id) {
    case PropertyId.PayloadFormatIndicator:
      return at + 1;
    case PropertyId.TopicAlias:
      return at + 2;
    case PropertyId.MessageExpiryInterval:
    case PropertyId.WillDelayInterval:
      return at + 4;
    case PropertyId.SubscriptionIdentifier:
      while (chunk[at] >= 128) at++;
      return at + 1;
    case PropertyId.UserProperty:
      at = fieldEnd(chunk, at);
  }
  return fieldEnd(chunk, at);
}

/** Returns the offset behind a field that begins with its length. */
function fieldEnd(chunk: Uint8Array, at: number): number {
  return at + 2 + (chunk[at] << 8 | chunk[at + 1]);
}
