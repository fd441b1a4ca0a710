import { measurePublish, PublishHead, writePublishHead } from "../codec/mod.ts";
import {
  encodePropertyList,
  type PropertyEntry,
} from "../codec/listing/mod.ts";
import {
  encodeUtf8,
  Message,
  type ProtocolVersion,
  type QoS,
  Topic,
} from "../mqtt/mod.ts";

/** A message on its way to a client or from one. */
export interface ClientMessage {
  /** Topic name. */
  readonly topic: string;
  /** 0 to 268,435,455 bytes. */
  readonly payload: Uint8Array;
  /** The QoS. */
  readonly qos: QoS;
  /** The RETAIN flag. */
  readonly retain: boolean;
  /** Empty in 3.x. */
  readonly properties: readonly PropertyEntry[];
}

/** Returns the PUBLISH of a message; `packetId` is 0 at QoS 0. */
export function encodeMessage(
  { topic, payload, qos, retain, properties }: ClientMessage,
  packetId: number,
  version: ProtocolVersion,
): Uint8Array {
  const message = new Message(
    new Topic(topic, encodeUtf8(topic)),
    payload,
    0,
    payload.length,
  );
  const head = Object.assign(new PublishHead(), {
    ...{ version, qos, retain, packetId },
  });
  if (version === 5) message.properties = encodePropertyList(properties);
  const bytes = new Uint8Array(measurePublish(head, message));
  const at = writePublishHead(head, message, bytes, 0);
  bytes.set(payload, at);
  return bytes;
}
