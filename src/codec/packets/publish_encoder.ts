import {
  type Message,
  PacketType,
  PropertyId,
  type ProtocolVersion,
  type QoS,
} from "../../mqtt/mod.ts";
import { varintLength, writeVarint } from "../bytes/varint.ts";

/**
 * The fields of a PUBLISH that differ from receiver to receiver (3.3). One
 * object serves all. `measurePublish` reads the first part and fills the
 * second, which `writePublishHead` needs.
 */
export class PublishHead {
  /** The receiver's. */
  version: ProtocolVersion = 4;
  /** The QoS of the delivery. */
  qos: QoS = 0;
  /** Must be false at QoS 0 [MQTT-3.3.1-2]. */
  dup = false;
  /** The RETAIN flag this receiver gets. */
  retain = false;
  /** 1 to 65,535 at QoS 1 and 2. */
  packetId = 0;
  /** 1 to 65,535, or 0 for none; 5.0 only. */
  topicAlias = 0;
  /** Bytes at the beginning of the topic name that this receiver does not get. */
  topicFrom = 0;
  /** True when the alias is known to the receiver and replaces the name. */
  omitTopic = false;
  /** Seconds left, or -1 for a message without expiry; 5.0 only. */
  expirySeconds: number = -1;
  /** Subscription identifiers, each 1 to 268,435,455, or null; 5.0 only. */
  identifiers: readonly number[] | null = null;

  /** Bytes of the properties without their length. */
  propertyLength = 0;
  /** Bytes behind the fixed header. */
  remainingLength = 0;
}

// Up to this length a loop is faster than a call into the runtime.
const LOOP_BYTES = 64;

/**
 * Returns the bytes of the whole frame with its payload; fills `propertyLength`
 * and `remainingLength`. No packet may have more than 268,435,460, nor more
 * than the receiver's Maximum Packet Size (0x27) [MQTT-3.1.2-24].
 */
export function measurePublish(head: PublishHead, message: Message): number {
  let length = 2 + message.payloadEnd - message.payloadStart;
  if (!head.omitTopic) length += message.topic.bytes.length - head.topicFrom;
  if (head.qos !== 0) length += 2;
  if (head.version === 5) {
    const properties = measureProperties(head, message);
    head.propertyLength = properties;
    length += varintLength(properties) + properties;
  }
  head.remainingLength = length;
  return 1 + varintLength(length) + length;
}

function measureProperties(head: PublishHead, message: Message): number {
  let length = message.properties === null ? 0 : message.properties.length;
  if (head.expirySeconds >= 0) length += 5;
  if (head.topicAlias !== 0) length += 3;
  const identifiers = head.identifiers;
  if (identifiers !== null) {
    for (let i = 0; i < identifiers.length; i++) {
      length += 1 + varintLength(identifiers[i]);
    }
  }
  return length;
}

/**
 * Writes all but the payload at `at`, and returns the offset where the payload
 * belongs. The caller passes the arguments of `measurePublish`, and makes room
 * for the length that it returned. 3.x gets no properties.
 */
export function writePublishHead(
  head: PublishHead,
  message: Message,
  into: Uint8Array,
  at: number,
): number {
  into[at] = PacketType.Publish << 4 | (head.dup ? 8 : 0) | head.qos << 1 |
    (head.retain ? 1 : 0);
  at = writeVarint(into, at + 1, head.remainingLength);
  const topic = message.topic.bytes;
  if (head.omitTopic) {
    into[at] = 0;
    into[at + 1] = 0;
    at += 2;
  } else {
    const from = head.topicFrom;
    const length = topic.length - from;
    into[at] = length >> 8;
    into[at + 1] = length & 0xff;
    at = writeBytes(into, at + 2, from === 0 ? topic : topic.subarray(from));
  }
  if (head.qos !== 0) {
    into[at] = head.packetId >> 8;
    into[at + 1] = head.packetId & 0xff;
    at += 2;
  }
  return head.version === 5 ? writeProperties(head, message, into, at) : at;
}

function writeProperties(
  head: PublishHead,
  message: Message,
  into: Uint8Array,
  at: number,
): number {
  at = writeVarint(into, at, head.propertyLength);
  if (head.propertyLength === 0) return at;
  const seconds = head.expirySeconds;
  if (seconds >= 0) {
    into[at] = PropertyId.MessageExpiryInterval;
    into[at + 1] = seconds >>> 24;
    into[at + 2] = seconds >>> 16 & 0xff;
    into[at + 3] = seconds >>> 8 & 0xff;
    into[at + 4] = seconds & 0xff;
    at += 5;
  }
  if (head.topicAlias !== 0) {
    into[at] = PropertyId.TopicAlias;
    into[at + 1] = head.topicAlias >> 8;
    into[at + 2] = head.topicAlias & 0xff;
    at += 3;
  }
  if (message.properties !== null) {
    at = writeBytes(into, at, message.properties);
  }
  const identifiers = head.identifiers;
  if (identifiers !== null) {
    for (let i = 0; i < identifiers.length; i++) {
      into[at] = PropertyId.SubscriptionIdentifier;
      at = writeVarint(into, at + 1, identifiers[i]);
    }
  }
  return at;
}

function writeBytes(into: Uint8Array, at: number, bytes: Uint8Array): number {
  const length = bytes.length;
  if (length > LOOP_BYTES) {
    into.set(bytes, at);
    return at + length;
  }
  for (let i = 0; i < length; i++) into[at++] = bytes[i];
  return at;
}
