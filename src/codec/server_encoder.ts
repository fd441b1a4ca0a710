import {
  type AuthPacket,
  type ConnackPacket,
  type DisconnectPacket,
  PacketType,
  type ProtocolVersion,
  ReasonCode,
  type SubackPacket,
} from "../mqtt/mod.ts";
import { ByteWriter } from "./byte_writer.ts";
import { encodeProperties, isEmpty } from "./properties_encoder.ts";

/** PINGRESP (3.13), the same in every version. Not to be written to. */
export const PINGRESP: Uint8Array = Uint8Array.of(PacketType.Pingresp << 4, 0);

/** The frame of a CONNACK (3.2). Properties are for MQTT 5.0 alone. */
export function encodeConnack(
  packet: ConnackPacket,
  version: ProtocolVersion,
): Uint8Array {
  const writer = new ByteWriter();
  // MQTT 3.1 reserves the byte; session present came with 3.1.1.
  writer.uint8(packet.sessionPresent && version !== 3 ? 1 : 0);
  writer.uint8(packet.code);
  if (version === 5) encodeProperties(writer, packet.properties);
  return writer.frame(PacketType.Connack);
}

/** The frame of a SUBACK (3.9), or of an UNSUBACK (3.11), by `packet.type`. */
export function encodeSuback(
  packet: SubackPacket,
  version: ProtocolVersion,
): Uint8Array {
  const writer = new ByteWriter();
  writer.uint16(packet.packetId);
  if (version === 5) encodeProperties(writer, packet.properties);
  // 3.x has no codes in UNSUBACK.
  if (version === 5 || packet.type === PacketType.Suback) {
    for (const code of packet.codes) writer.uint8(code);
  }
  return writer.frame(packet.type);
}

/** The frame of a DISCONNECT (3.14), of either side; empty in 3.x. */
export function encodeDisconnect(
  packet: DisconnectPacket,
  version: ProtocolVersion,
): Uint8Array {
  const writer = new ByteWriter();
  if (version === 5) {
    const plain = isEmpty(packet.properties);
    if (!plain || packet.reasonCode !== ReasonCode.Success) {
      writer.uint8(packet.reasonCode);
    }
    if (!plain) encodeProperties(writer, packet.properties);
  }
  return writer.frame(PacketType.Disconnect);
}

/** The frame of an AUTH (3.15), of either side; for MQTT 5.0 only. */
export function encodeAuth(packet: AuthPacket): Uint8Array {
  const writer = new ByteWriter();
  const plain = isEmpty(packet.properties);
  if (!plain || packet.reasonCode !== ReasonCode.Success) {
    writer.uint8(packet.reasonCode);
    encodeProperties(writer, packet.properties);
  }
  return writer.frame(PacketType.Auth);
}
