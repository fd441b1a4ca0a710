import {
  type DisconnectPacket,
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

/** Encodes a DISCONNECT (3.14) of either side; empty in 3.x. */
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

/**
 * Decodes the DISCONNECT that `frame` describes (3.14).
 *
 * @param fromServer Whether a server sent the packet: codes and properties
 * differ.
 * @param userProperties Whether user properties are kept.
 * @throws {ProtocolError} 0x81 when malformed, also for any body in 3.x; 0x82
 * for a reason code that the sender does not have, or a duplicate property.
 */
export function decodeDisconnect(
  chunk: Uint8Array,
  frame: Frame,
  version: ProtocolVersion,
  fromServer = false,
  userProperties: UserProperties = "skip",
): DisconnectPacket {
  const reader = new ByteReader(chunk, frame.bodyStart, frame.end);
  if (version !== 5) {
    reader.finish();
    return { type: 14, reasonCode: ReasonCode.Success, properties: {} };
  }
  // Both may be absent, the properties also alone (3.14.2.2.1).
  const reasonCode = reader.at === reader.end ? 0 : reader.uint8();
  if (!isReasonCodeOf(PacketType.Disconnect, reasonCode, fromServer)) {
    throw violation(
      `reason code ${hexByte(reasonCode)} is not allowed in DISCONNECT`,
    );
  }
  const properties = reader.at === reader.end ? {} : decodeProperties(
    reader,
    fromServer ? PropertyPlace.ServerDisconnect : PropertyPlace.Disconnect,
    userProperties,
  );
  reader.finish();
  return { type: 14, reasonCode, properties };
}
