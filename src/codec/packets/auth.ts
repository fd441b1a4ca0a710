import {
  type AuthPacket,
  hexByte,
  PacketType,
  type ProtocolVersion,
  ReasonCode,
} from "../../mqtt/mod.ts";
import { ByteReader } from "../bytes/byte_reader.ts";
import { ByteWriter } from "../bytes/byte_writer.ts";
import { violation } from "../bytes/errors.ts";
import type { Frame } from "../bytes/frame.ts";
import {
  decodeProperties,
  type UserProperties,
} from "../bytes/properties_decoder.ts";
import { encodeProperties, isEmpty } from "../bytes/properties_encoder.ts";
import { PropertyPlace } from "../bytes/property_place.ts";
import { isReasonCodeOf } from "../bytes/reason_codes.ts";

/** Encodes an AUTH (3.15) of either side; for MQTT 5.0 only. */
export function encodeAuth(packet: AuthPacket): Uint8Array {
  const writer = new ByteWriter();
  const plain = isEmpty(packet.properties);
  if (!plain || packet.reasonCode !== ReasonCode.Success) {
    writer.uint8(packet.reasonCode);
    encodeProperties(writer, packet.properties);
  }
  return writer.frame(PacketType.Auth);
}

/**
 * Decodes the AUTH that `frame` describes (3.15).
 *
 * @param fromServer Whether a server sent the packet: codes differ.
 * @param userProperties Whether user properties are kept.
 * @throws {ProtocolError} 0x81 when malformed; 0x82 in 3.x, which has no AUTH,
 * for a reason code that the sender does not have [MQTT-3.15.2-1], a missing
 * authentication method (3.15.2.2.2), or a duplicate property.
 */
export function decodeAuth(
  chunk: Uint8Array,
  frame: Frame,
  version: ProtocolVersion,
  fromServer = false,
  userProperties: UserProperties = "skip",
): AuthPacket {
  // Type 15 is reserved in 3.x (3.1.1, table 2.1).
  if (version !== 5) {
    throw violation("AUTH is not allowed before version 5.0 of MQTT");
  }
  const reader = new ByteReader(chunk, frame.bodyStart, frame.end);
  // Code and properties may be left out together only (3.15.2.1).
  const empty = reader.at === reader.end;
  const reasonCode = empty ? 0 : reader.uint8();
  if (!isReasonCodeOf(PacketType.Auth, reasonCode, fromServer)) {
    throw violation(
      `reason code ${hexByte(reasonCode)} is not allowed in AUTH`,
    );
  }
  if (empty) return { type: 15, reasonCode, properties: {} };
  const properties = decodeProperties(
    reader,
    PropertyPlace.Auth,
    userProperties,
  );
  reader.finish();
  if (properties.authenticationMethod === undefined) {
    throw violation("AUTH has no Authentication Method (0x15)");
  }
  return { type: 15, reasonCode, properties };
}
