import { PacketType, type Properties } from "../../mqtt/mod.ts";
import { ByteWriter } from "../bytes/byte_writer.ts";
import { encodeProperties } from "../bytes/properties_encoder.ts";

/** The packets that end or advance a delivery (3.4 to 3.7). */
export type AckType =
  | typeof PacketType.Puback
  | typeof PacketType.Pubrec
  | typeof PacketType.Pubrel
  | typeof PacketType.Pubcomp;

/**
 * Writes an acknowledgement with reason code 0, 4 bytes, at `at`, for any
 * version, and returns the offset behind it. The caller has made room.
 */
export function writeAck(
  into: Uint8Array,
  at: number,
  type: AckType,
  packetId: number,
): number {
  into[at] = type << 4 | flagsOf(type);
  into[at + 1] = 2;
  into[at + 2] = packetId >> 8;
  into[at + 3] = packetId & 0xff;
  return at + 4;
}

/**
 * As `writeAck`, with a reason code and so 5 bytes; for MQTT 5.0 only
 * (3.4.2.1: the property length may be left out).
 */
export function writeAckWithReason(
  into: Uint8Array,
  at: number,
  type: AckType,
  packetId: number,
  reasonCode: number,
): number {
  into[at] = type << 4 | flagsOf(type);
  into[at + 1] = 3;
  into[at + 2] = packetId >> 8;
  into[at + 3] = packetId & 0xff;
  into[at + 4] = reasonCode;
  return at + 5;
}

/** An MQTT 5.0 acknowledgement with a reason string or user properties. */
export function encodeAck(
  type: AckType,
  packetId: number,
  reasonCode: number,
  properties: Properties,
): Uint8Array {
  const writer = new ByteWriter();
  writer.uint16(packetId);
  writer.uint8(reasonCode);
  encodeProperties(writer, properties);
  return writer.frame(type, flagsOf(type));
}

/** [MQTT-3.6.1-1] */
function flagsOf(type: AckType): number {
  return type === PacketType.Pubrel ? 2 : 0;
}
