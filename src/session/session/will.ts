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

/** A will that waits for its client to fail. */
export interface Will {
  readonly message: Message;
  /** Seconds after the connection ended, at most the session's expiry. */
  readonly delay: number;
  /** Seconds from when it is published, or -1. */
  readonly messageExpiry: number;
}

/** The client whose CONNECT has a will. */
export interface WillOwner {
  readonly version: ProtocolVersion;
  readonly listener: ListenerOptions;
  readonly context: Context;
}

/**
 * Checks the will of a CONNECT and makes it ready to be published.
 * Throws `ProtocolError` with the reason code of the CONNACK.
 */
export function acceptWill(
  packet: WillPacket,
  clientId: string,
  { version, listener, context }: WillOwner,
): Will {
  const topic = listener.mountPoint + packet.topic;
  const problem = validateTopicName(packet.topic);
  if (problem !== null) {
    throw new ProtocolError(
      ReasonCode.TopicNameInvalid,
      `the will topic is not valid: ${problem}`,
    );
  }
  // What would be refused of a PUBLISH is refused now: when the will is due,
  // nobody is left who could be told.
  const { maxTopicLength, maxTopicLevels } = context.options;
  if (
    isLonger(topic, maxTopicLength) || levelCount(topic) > maxTopicLevels
  ) {
    throw new ProtocolError(
      ReasonCode.TopicNameInvalid,
      "the will topic is longer or deeper than is served",
    );
  }
  if (isReserved(topic, listener.mountPoint)) {
    throw new ProtocolError(
      ReasonCode.NotAuthorized,
      "the will topic is the broker's own",
    );
  }
  if (packet.qos > listener.maxQos) {
    throw new ProtocolError(
      ReasonCode.QoSNotSupported, // [MQTT-3.2.2-12]
      `the will has QoS ${packet.qos}; at most ${listener.maxQos} is served`,
    );
  }
  // The RETAIN of 3.x is passed over, as in PUBLISH: no CONNACK told of it.
  if (packet.retain && !listener.retainAvailable && version === 5) {
    throw new ProtocolError(
      ReasonCode.RetainNotSupported, // [MQTT-3.2.2-13]
      "the will is to be retained, which is not available",
    );
  }
  // The will's payload has to be what its indicator says (3.1.3.2.3).
  if (
    packet.payloadFormat === 1 && context.options.validatePayloadFormat &&
    !isWellFormedUtf8(packet.payload, 0, packet.payload.length, true)
  ) {
    throw new ProtocolError(
      ReasonCode.PayloadFormatInvalid,
      "the will payload is said to be UTF-8 and is not",
    );
  }
  // Its own, not the shared one of a PUBLISH: it may wait for years. When it
  // expires is counted from its publication (3.1.3.2.4).
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
