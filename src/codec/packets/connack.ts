import {
  type ConnackPacket,
  hexByte,
  PacketType,
  type Properties,
  type ProtocolVersion,
  ReturnCode,
} from "../../mqtt/mod.ts";
import { ByteReader } from "../bytes/byte_reader.ts";
import { ByteWriter } from "../bytes/byte_writer.ts";
import { malformed, violation } from "../bytes/errors.ts";
import type { Frame } from "../bytes/frame.ts";
import { decodeProperties } from "../bytes/properties_decoder.ts";
import { encodeProperties } from "../bytes/properties_encoder.ts";
import { PropertyPlace } from "../bytes/property_place.ts";
import { isReasonCodeOf } from "../bytes/reason_codes.ts";

/** Encodes a CONNACK (3.2). Properties are for MQTT 5.0 alone. */
export function encodeConnack(
  packet: ConnackPacket,
  version: ProtocolVersion,
): Uint8Array {
  const writer = new ByteWriter();
  // MQTT 3.1 reserves the byte; 3.1.1 has Session Present in it.
  writer.uint8(packet.sessionPresent && version !== 3 ? 1 : 0);
  writer.uint8(packet.code);
  if (version === 5) encodeProperties(writer, packet.properties);
  return writer.frame(PacketType.Connack);
}

/**
 * Decodes the CONNACK that `frame` describes (3.2), for a client.
 *
 * @throws {ProtocolError} 0x81 when malformed; 0x82 for an unknown code, or for
 * Session Present with a refusal [MQTT-3.2.2-6].
 */
export function decodeConnack(
  chunk: Uint8Array,
  frame: Frame,
  version: ProtocolVersion,
): ConnackPacket {
  const reader = new ByteReader(chunk, frame.bodyStart, frame.end);
  const flags = reader.uint8();
  // [MQTT-3.2.2-1]; MQTT 3.1 reserves this byte.
  if (flags > 1 && version !== 3) {
    throw malformed(`flags of CONNACK are ${flags}, not 0 or 1`);
  }
  const code = reader.uint8();
  const known = version === 5
    ? isReasonCodeOf(PacketType.Connack, code, true)
    : code <= ReturnCode.NotAuthorized;
  if (!known) throw violation(`CONNACK has the unknown code ${hexByte(code)}`);
  const sessionPresent = version !== 3 && flags === 1;
  if (sessionPresent && code !== 0) {
    throw violation("CONNACK with a failure code sets Session Present");
  }
  const properties: Properties = version === 5
    ? decodeProperties(reader, PropertyPlace.Connack, "keep")
    : {};
  reader.finish();
  return { type: 2, sessionPresent, code, properties };
}
