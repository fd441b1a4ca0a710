import { decodeAck, type Frame } from "../../codec/mod.ts";
import {
  packetName,
  PacketType,
  ProtocolError,
  ReasonCode,
} from "../../mqtt/mod.ts";
import { handleAck } from "./ack_handler.ts";
import { handleAuth } from "../connect/auth_handler.ts";
import { handleConnect } from "../connect/connect_handler.ts";
import { refuseConnect } from "../connect/refuse_connect.ts";
import type { Connection, PacketHandler } from "../connection/connection.ts";
import { handleDisconnect } from "./disconnect_handler.ts";
import { handlePublish } from "./publish_handler.ts";
import { handleSubscribe } from "./subscribe_handler.ts";
import { handleUnsubscribe } from "./unsubscribe_handler.ts";

/** Hands each packet to the handler of its type. */
export const packetHandler: PacketHandler = { handle, refuse: refuseConnect };

function handle(
  connection: Connection,
  chunk: Uint8Array,
  frame: Frame,
): boolean {
  const type = frame.firstByte >> 4;
  switch (type) {
    case PacketType.Publish:
      return handlePublish(connection, chunk, frame);
    case PacketType.Puback:
    case PacketType.Pubrec:
    case PacketType.Pubrel:
    case PacketType.Pubcomp: {
      const { ack } = connection.context;
      decodeAck(ack, chunk, frame, connection.version);
      handleAck(connection, type, ack);
      return true;
    }
    case PacketType.Pingreq:
      connection.sender.sendPingresp();
      return true;
    case PacketType.Subscribe:
      return handleSubscribe(connection, chunk, frame);
    case PacketType.Unsubscribe:
      return handleUnsubscribe(connection, chunk, frame);
    case PacketType.Connect:
      handleConnect(connection, chunk, frame);
      return true;
    case PacketType.Disconnect:
      handleDisconnect(connection, chunk, frame);
      return true;
    case PacketType.Auth:
      handleAuth(connection, chunk, frame);
      return true;
    default:
      throw new ProtocolError(
        ReasonCode.ProtocolError,
        `clients must not send ${packetName(type)}`,
      );
  }
}
