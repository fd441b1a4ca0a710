import {
  type ConnectPacket,
  PacketType,
  PropertyId,
  type ProtocolVersion,
  type WillPacket,
} from "../../mqtt/mod.ts";
import { ByteWriter } from "../bytes/byte_writer.ts";
import { encodeProperties } from "../bytes/properties_encoder.ts";

/** Encodes a CONNECT (3.1) for `packet.version`. */
export function encodeConnect(packet: ConnectPacket): Uint8Array {
  const { version, will, username, password } = packet;
  const writer = new ByteWriter();
  // 3.1 has a Protocol Name of its own.
  writer.utf8(version === 3 ? "MQIsdp" : "MQTT");
  writer.uint8(version | (packet.bridge ? 0x80 : 0));
  // Connect flags (3.1.2.3), from the lowest bit up.
  writer.uint8(
    (packet.cleanStart ? 0x02 : 0) | (password !== null ? 0x40 : 0) |
      (username !== null ? 0x80 : 0) |
      (will === null ? 0 : 0x04 | will.qos << 3 | (will.retain ? 0x20 : 0)),
  );
  writer.uint16(packet.keepAlive);
  if (version === 5) encodeProperties(writer, packet.properties);
  writer.utf8(packet.clientId);
  if (will !== null) encodeWill(writer, will, version);
  if (username !== null) writer.utf8(username);
  if (password !== null) writer.binary(password);
  return writer.frame(PacketType.Connect);
}

function encodeWill(
  into: ByteWriter,
  will: WillPacket,
  version: ProtocolVersion,
): void {
  if (version === 5) {
    const properties = new ByteWriter();
    // Absent means 0 (3.1.3.2.2).
    if (will.delay > 0) {
      properties.uint8(PropertyId.WillDelayInterval);
      properties.uint32(will.delay);
    }
    if (will.messageExpiry >= 0) {
      properties.uint8(PropertyId.MessageExpiryInterval);
      properties.uint32(will.messageExpiry);
    }
    // These hold the Payload Format Indicator (0x01), too.
    if (will.properties !== null) properties.bytes(will.properties);
    into.counted(properties);
  }
  into.utf8(will.topic);
  into.binary(will.payload);
}
