import {
  hexByte,
  packetName,
  PacketType,
  type Properties,
  type ProtocolVersion,
  type SubackPacket,
} from "../../mqtt/mod.ts";
import { ByteReader } from "../bytes/byte_reader.ts";
import { ByteWriter } from "../bytes/byte_writer.ts";
import { violation } from "../bytes/errors.ts";
import type { Frame } from "../bytes/frame.ts";
import { decodeProperties } from "../bytes/properties_decoder.ts";
import { encodeProperties } from "../bytes/properties_encoder.ts";
import { isReasonCodeOf } from "../bytes/reason_codes.ts";
import { varintLength } from "../bytes/varint.ts";

/** Encodes a SUBACK (3.9) or UNSUBACK (3.11), by `packet.type`. */
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

/** Returns the least bytes of a 5.0 SUBACK or UNSUBACK for `count` filters. */
export function subackLength(count: number): number {
  const body = 3 + count; // packet id, no property, one code each
  return 1 + varintLength(body) + body;
}

/**
 * Decodes the SUBACK (3.9) or UNSUBACK (3.11) that `frame` describes, for a
 * client. In 3.x an UNSUBACK has no codes.
 *
 * @throws {ProtocolError} 0x81 when malformed; 0x82 for packet id 0, an unknown
 * code, or no code.
 */
export function decodeSuback(
  chunk: Uint8Array,
  frame: Frame,
  version: ProtocolVersion,
): SubackPacket {
  const reader = new ByteReader(chunk, frame.bodyStart, frame.end);
  const type = frame.type === PacketType.Suback ? 9 : 11;
  const packetId = reader.uint16();
  if (packetId === 0) {
    throw violation(`${packetName(type)} has packet identifier 0`);
  }
  if (version !== 5 && type === PacketType.Unsuback) {
    reader.finish();
    return { type, packetId, codes: [], properties: {} };
  }
  const properties: Properties = version === 5
    ? decodeProperties(reader, 1 << type, "keep")
    : {};
  const codes: number[] = [];
  while (reader.at < reader.end) {
    const code = reader.uint8();
    const known = version === 5
      ? isReasonCodeOf(type, code, true)
      : code <= 2 || code === 0x80;
    if (!known) {
      throw violation(
        `reason code ${hexByte(code)} is not allowed in ${packetName(type)}`,
      );
    }
    codes.push(code);
  }
  if (codes.length === 0) {
    throw violation(`${packetName(type)} has no reason code`);
  }
  return { type, packetId, codes, properties };
}
