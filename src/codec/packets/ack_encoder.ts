import { PacketType, type Properties } from "../../mqtt/mod.ts";
import { ByteWriter } from "../bytes/byte_writer.ts";
import { encodeProperties } from "../bytes/properties_encoder.ts";

/** Packets that end or advance a delivery (3.4 to 3.7). */
export type AckType =
  | typeof PacketType.Puback
  | typeof PacketType.Pubrec
  | typeof PacketType.Pubrel
  | typeof PacketType.Pubcomp;

/**
 * Writes an acknowledgement with reason code 0, 4 bytes, at `at`, for any
 * version, and returns the offset behind it. The caller makes room before.
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
 * Writes an acknowledgement with a reason code, 5 bytes, as `writeAck` does;
 * for MQTT 5.0 only. The Property Length may be absent (3.4.2.1).
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

/** Encodes an MQTT 5.0 acknowledgement with properties. */
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

/** Returns the flags of the fixed header [MQTT-3.6.1-1]. */
function flagsOf(type: AckType): number {
  return type === PacketType.Pubrel ? 2 : 0;
}
