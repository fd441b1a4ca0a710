import { strict as assert } from "node:assert";
import {
  decodePacket,
  Frame,
  measurePublish,
  type Packet,
  PublishHead,
  readFrame,
  writePublishHead,
} from "../../src/codec/mod.ts";
import {
  encodeUtf8,
  Message,
  type ProtocolVersion,
  Topic,
} from "../../src/mqtt/mod.ts";
import type { AnyPublish } from "./codec_arbitraries.ts";

/** Larger than any packet can be. */
export const NO_LIMIT = 268_435_460;

/** Decodes `bytes`, which are one whole packet and nothing else. */
export function decodeWhole(
  bytes: Uint8Array,
  version: ProtocolVersion,
  fromServer = false,
): Packet {
  return decodePacket(bytes, frameOf(bytes, version), version, fromServer);
}

/** The frame of `bytes`, which are one whole packet and nothing else. */
export function frameOf(
  bytes: Uint8Array,
  version: ProtocolVersion = 5,
): Frame {
  const frame = new Frame();
  const length = readFrame(frame, bytes, 0, bytes.length, NO_LIMIT, version);
  assert.equal(length, bytes.length, "the frame is not the whole of the bytes");
  return frame;
}

/** Encodes as a session does: measure, write the head, append the payload. */
export function encodePublish(one: AnyPublish): Uint8Array {
  const message = new Message(
    new Topic(one.topic, encodeUtf8(one.topic)),
    one.payload,
    0,
    one.payload.length,
  );
  message.properties = one.properties;
  const head = new PublishHead();
  head.version = one.version;
  head.qos = one.qos;
  head.dup = one.dup;
  head.retain = one.retain;
  head.packetId = one.packetId;
  head.topicAlias = one.topicAlias;
  head.omitTopic = one.omitTopic;
  head.expirySeconds = one.expirySeconds;
  head.identifiers = one.identifiers;
  // Written at an odd offset, with a guard behind.
  const length = measurePublish(head, message);
  const into = new Uint8Array(length + 6).fill(0xee);
  const end = writePublishHead(head, message, into, 3);
  into.set(one.payload, end);
  assert.equal(end + one.payload.length, length + 3, "measured = written");
  assert.deepEqual([...into.subarray(length + 3)], [0xee, 0xee, 0xee]);
  return into.slice(3, length + 3);
}
