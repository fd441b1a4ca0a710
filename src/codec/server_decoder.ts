import {
  type ConnackPacket,
  PacketType,
  type Properties,
  type ProtocolVersion,
  ReturnCode,
  type SubackPacket,
} from "../mqtt/mod.ts";
import { ByteReader } from "./byte_reader.ts";
import { malformed, violation } from "./errors.ts";
import type { Frame } from "./frame.ts";
import { decodeProperties } from "./properties_decoder.ts";
import { PropertyPlace } from "./property_place.ts";
import { isReasonCodeOf } from "./reason_codes.ts";

/**
 * Decodes the CONNACK that `frame` describes (3.2): for the client's side.
 *
 * @throws {ProtocolError} 0x81 when malformed; 0x82 for a code there is not,
 * or session present with a refusal [MQTT-3.2.2-6].
 */
export function decodeConnack(
  chunk: Uint8Array,
  frame: Frame,
  version: ProtocolVersion,
): ConnackPacket {
  const reader = new ByteReader(chunk, frame.bodyStart, frame.end);
  const flags = reader.uint8();
  // [MQTT-3.2.2-1]; MQTT 3.1 says nothing of this byte.
  if (flags > 1 && version !== 3) {
    throw malformed("CONNACK with reserved flags");
  }
  const code = reader.uint8();
  const known = version === 5
    ? isReasonCodeOf(PacketType.Connack, code, true)
    : code <= ReturnCode.NotAuthorized;
  if (!known) throw violation(`CONNACK with code ${code}`);
  const sessionPresent = version !== 3 && flags === 1;
  if (sessionPresent && code !== 0) {
    throw violation("CONNACK refuses, but has a session present");
  }
  const properties: Properties = version === 5
    ? decodeProperties(reader, PropertyPlace.Connack)
    : {};
  reader.finish();
  return { type: 2, sessionPresent, code, properties };
}

/**
 * Decodes the SUBACK (3.9) or UNSUBACK (3.11) that `frame` describes: for the
 * client's side. In 3.x an UNSUBACK has no codes.
 *
 * @throws {ProtocolError} 0x81 when malformed; 0x82 for packet id 0, a code
 * there is not, or no code at all.
 */
export function decodeSuback(
  chunk: Uint8Array,
  frame: Frame,
  version: ProtocolVersion,
): SubackPacket {
  const reader = new ByteReader(chunk, frame.bodyStart, frame.end);
  const type = frame.type === PacketType.Suback ? 9 : 11;
  const packetId = reader.uint16();
  if (packetId === 0) throw violation("SUBACK or UNSUBACK with packet id 0");
  if (version !== 5 && type === PacketType.Unsuback) {
    reader.finish();
    return { type, packetId, codes: [], properties: {} };
  }
  const properties: Properties = version === 5
    ? decodeProperties(reader, 1 << type)
    : {};
  const codes: number[] = [];
  while (reader.at < reader.end) {
    const code = reader.uint8();
    const known = version === 5
      ? isReasonCodeOf(type, code, true)
      : code <= 2 || code === 0x80;
    if (!known) throw violation(`SUBACK or UNSUBACK with code ${code}`);
    codes.push(code);
  }
  if (codes.length === 0) throw violation("SUBACK or UNSUBACK without a code");
  return { type, packetId, codes, properties };
}
