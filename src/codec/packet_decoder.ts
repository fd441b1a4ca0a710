import {
  type AuthPacket,
  type ConnackPacket,
  type ConnectPacket,
  decodeUtf8,
  type DisconnectPacket,
  PacketType,
  ProtocolError,
  type ProtocolVersion,
  ReasonCode,
  type SubackPacket,
  type SubscribePacket,
  type UnsubscribePacket,
  validateTopicName,
} from "../mqtt/mod.ts";
import { AckPacket, decodeAck } from "./packets/ack_decoder.ts";
import { decodeAuth } from "./packets/auth.ts";
import { decodeConnack } from "./packets/connack.ts";
import { decodeConnect } from "./packets/connect_decoder.ts";
import { decodeDisconnect } from "./packets/disconnect.ts";
import type { Frame } from "./bytes/frame.ts";
import {
  decodeDelivery,
  decodePublish,
  PublishPacket,
} from "./packets/publish_decoder.ts";
import { decodeSuback } from "./packets/suback.ts";
import { decodeSubscribe } from "./packets/subscribe.ts";
import { decodeUnsubscribe } from "./packets/unsubscribe.ts";

/** PINGREQ or PINGRESP, which have no body. */
export interface PingPacket {
  /** As in `PacketType`. */
  readonly type: 12 | 13;
}

/** Any control packet, by `type`. */
export type Packet =
  | ConnectPacket
  | ConnackPacket
  | PublishPacket
  | AckPacket
  | SubscribePacket
  | SubackPacket
  | UnsubscribePacket
  | PingPacket
  | DisconnectPacket
  | AuthPacket;

/**
 * Decodes any packet that `frame` describes into a new object and validates all
 * of it, also the topic name of a PUBLISH. Not for the hot path.
 *
 * @param version Ignored for CONNECT, which has its own.
 * @param fromServer Whether a server sent the packet.
 * @throws {ProtocolError} as the packet's own decoder does, and 0x90 for an
 * invalid topic name.
 */
export function decodePacket(
  chunk: Uint8Array,
  frame: Frame,
  version: ProtocolVersion,
  fromServer = false,
): Packet {
  switch (frame.type) {
    case PacketType.Connect:
      return decodeConnect(chunk, frame, "keep");
    case PacketType.Connack:
      return decodeConnack(chunk, frame, version);
    case PacketType.Publish:
      return decodeWholePublish(chunk, frame, version, fromServer);
    case PacketType.Puback:
    case PacketType.Pubrec:
    case PacketType.Pubrel:
    case PacketType.Pubcomp: {
      const packet = new AckPacket();
      decodeAck(packet, chunk, frame, version);
      return packet;
    }
    case PacketType.Subscribe:
      return decodeSubscribe(chunk, frame, version);
    case PacketType.Suback:
    case PacketType.Unsuback:
      return decodeSuback(chunk, frame, version);
    case PacketType.Unsubscribe:
      return decodeUnsubscribe(chunk, frame, version);
    case PacketType.Pingreq:
    case PacketType.Pingresp:
      return { type: frame.type };
    case PacketType.Disconnect:
      return decodeDisconnect(chunk, frame, version, fromServer, "keep");
    case PacketType.Auth:
      return decodeAuth(chunk, frame, version, fromServer, "keep");
  }
}

function decodeWholePublish(
  chunk: Uint8Array,
  frame: Frame,
  version: ProtocolVersion,
  fromServer: boolean,
): PublishPacket {
  const packet = new PublishPacket();
  if (fromServer) decodeDelivery(packet, chunk, frame, version);
  else decodePublish(packet, chunk, frame, version);
  // An alias replaces a topic name that is empty here.
  if (packet.topicEnd > packet.topicStart) {
    const fault = validateTopicName(
      decodeUtf8(chunk, packet.topicStart, packet.topicEnd),
    );
    if (fault !== null) {
      throw new ProtocolError(ReasonCode.TopicNameInvalid, fault);
    }
  }
  return packet;
}
