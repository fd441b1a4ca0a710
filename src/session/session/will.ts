import {
  isLonger,
  isWellFormedUtf8,
  levelCount,
  Message,
  ProtocolError,
  type ProtocolVersion,
  ReasonCode,
  validateTopicName,
  type WillPacket,
} from "../../mqtt/mod.ts";
import type { Context } from "../core/context.ts";
import type { ListenerOptions } from "../core/options.ts";
import { isReserved } from "./reserved_topic.ts";

/** Characters of a refused will topic in the log. */
const TOPIC_SHOWN = 200;

/** A will that waits for the end of its connection. */
export interface Will {
  readonly message: Message;
  /** Seconds after the connection ended, at most the session's expiry. */
  readonly delay: number;
  /** Message Expiry Interval in seconds from its publication, or -1. */
  readonly messageExpiry: number;
}

/** The client whose CONNECT has a will. */
export interface WillOwner {
  readonly version: ProtocolVersion;
  readonly listener: ListenerOptions;
  readonly context: Context;
}

/**
 * Checks the will of a CONNECT and makes its message. Throws `ProtocolError` with
 * the reason code of CONNACK.
 */
export function acceptWill(
  packet: WillPacket,
  clientId: string,
  { version, listener, context }: WillOwner,
): Will {
  const topic = listener.mountPoint + packet.topic;
  const problem = validateTopicName(packet.topic);
  if (problem !== null) {
    throw refused(
      packet,
      ReasonCode.TopicNameInvalid,
      `the will topic is not valid: ${problem}`,
    );
  }
  // The limits of PUBLISH apply now: when the will is due, no connection is left
  // to report a refusal on.
  const { maxTopicLength, maxTopicLevels } = context.options;
  if (
    isLonger(topic, maxTopicLength) || levelCount(topic) > maxTopicLevels
  ) {
    throw refused(
      packet,
      ReasonCode.TopicNameInvalid,
      "the will topic is longer or has more levels than the broker allows",
    );
  }
  if (isReserved(topic, listener.mountPoint)) {
    throw refused(
      packet,
      ReasonCode.NotAuthorized,
      "the will topic is reserved for the broker",
    );
  }
  if (packet.qos > listener.maxQos) {
    throw new ProtocolError(
      ReasonCode.QoSNotSupported, // [MQTT-3.2.2-12]
      `the will has QoS ${packet.qos}, above the maximum of ${listener.maxQos}`,
    );
  }
  // RETAIN of 3.x is ignored, as in PUBLISH: its CONNACK cannot refuse it.
  if (packet.retain && !listener.retainAvailable && version === 5) {
    throw new ProtocolError(
      ReasonCode.RetainNotSupported, // [MQTT-3.2.2-13]
      "the will has RETAIN, and retained messages are not available",
    );
  }
  // The payload must match its Payload Format Indicator (0x01) (3.1.3.2.3).
  if (
    packet.payloadFormat === 1 && context.options.validatePayloadFormat &&
    !isWellFormedUtf8(packet.payload, 0, packet.payload.length, true)
  ) {
    throw new ProtocolError(
      ReasonCode.PayloadFormatInvalid,
      "the will payload is not UTF-8, against its Payload Format Indicator (0x01)",
    );
  }
  // A message of its own: it may wait for years. Its expiry counts from its
  // publication (3.1.3.2.4).
  const message = new Message(
    context.router.topicOf(topic),
    packet.payload,
    0,
    packet.payload.length,
  );
  message.qos = packet.qos;
  message.retain = packet.retain && listener.retainAvailable;
  message.properties = packet.properties;
  message.publisher = clientId;
  return { message, delay: packet.delay, messageExpiry: packet.messageExpiry };
}

/** Returns the error for a will topic, which only the log repeats. */
function refused(
  { topic }: WillPacket,
  reasonCode: ReasonCode,
  message: string,
): ProtocolError {
  const shown = JSON.stringify(topic.slice(0, TOPIC_SHOWN));
  return new ProtocolError(reasonCode, message, `${message}: ${shown}`);
}
