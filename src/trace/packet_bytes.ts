import {
  decodeAuth,
  decodeConnack,
  decodeConnect,
  decodeDelivery,
  decodePublish,
  encodeAuth,
  encodeConnack,
  encodeConnect,
  Frame,
  PublishPacket,
  readFrame,
} from "../codec/mod.ts";
import {
  encodeUtf8,
  PacketType,
  type Properties,
  ProtocolError,
} from "../mqtt/mod.ts";
import type { Shown } from "./packet_facts.ts";
import { HIDDEN } from "./trace_row.ts";

/** Longest packet without its payload (bytes). */
const LONGEST = 16 * 1024;

/**
 * Returns a packet as it may be shown: "***" in place of a password and
 * authentication data, and `preview` bytes of its payload as if it ended there.
 * Returns null for a packet that is malformed or too long.
 */
export function packetBytes(shown: Shown, preview: number): Uint8Array | null {
  const { chunk, start, end, version } = shown;
  const frame = new Frame();
  try {
    readFrame(frame, chunk, start, end, Infinity, version);
    return bytesOf(shown, frame, preview);
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

function bytesOf(
  shown: Shown,
  frame: Frame,
  preview: number,
): Uint8Array | null {
  const { chunk, version, isSent } = shown;
  const { type, start, end } = frame;
  if (type === PacketType.Publish) return cutPublish(shown, frame, preview);
  if (end - start > LONGEST + preview) return null;
  if (type === PacketType.Connect) return cutConnect(shown, frame, preview);
  if (type === PacketType.Connack) {
    const packet = decodeConnack(chunk, frame, version);
    const properties = withoutSecrets(packet.properties);
    return encodeConnack({ ...packet, properties }, version);
  }
  if (type === PacketType.Auth) {
    const packet = decodeAuth(chunk, frame, version, isSent, "keep");
    return encodeAuth({
      ...packet,
      properties: withoutSecrets(packet.properties),
    });
  }
  return chunk.slice(start, end);
}

function withoutSecrets(properties: Properties): Properties {
  return properties.authenticationData === undefined
    ? properties
    : { ...properties, authenticationData: encodeUtf8(HIDDEN) };
}

function cutConnect(
  { chunk }: Shown,
  frame: Frame,
  preview: number,
): Uint8Array {
  const packet = decodeConnect(chunk, frame, "keep");
  const { password, will, properties } = packet;
  return encodeConnect({
    ...packet,
    password: password === null ? null : encodeUtf8(HIDDEN),
    will: will && { ...will, payload: will.payload.subarray(0, preview) },
    properties: withoutSecrets(properties),
  });
}

/** One serves all: a packet is read and forgotten. */
const publish = new PublishPacket();

function cutPublish(
  { chunk, version, isSent }: Shown,
  frame: Frame,
  preview: number,
): Uint8Array | null {
  if (isSent) decodeDelivery(publish, chunk, frame, version);
  else decodePublish(publish, chunk, frame, version);
  const { payloadStart } = publish;
  const { bodyStart, firstByte } = frame;
  if (payloadStart - bodyStart > LONGEST) return null;
  const end = Math.min(frame.end, payloadStart + preview);
  const header = [firstByte];
  for (let rest = end - bodyStart;; rest >>>= 7) {
    header.push(rest > 127 ? rest & 127 | 128 : rest);
    if (rest <= 127) break;
  }
  const bytes = new Uint8Array(header.length + end - bodyStart);
  bytes.set(header);
  bytes.set(chunk.subarray(bodyStart, end), header.length);
  return bytes;
}
