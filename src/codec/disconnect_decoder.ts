import type {
  AuthPacket,
  DisconnectPacket,
  ProtocolVersion,
} from "../mqtt/mod.ts";
import { PacketType, ReasonCode } from "../mqtt/mod.ts";
import { ByteReader } from "./byte_reader.ts";
import { violation } from "./errors.ts";
import type { Frame } from "./frame.ts";
import { decodeProperties } from "./properties_decoder.ts";
import { PropertyPlace } from "./property_place.ts";
import { isReasonCodeOf } from "./reason_codes.ts";

/**
 * Decodes the DISCONNECT that `frame` describes (3.14).
 *
 * @param fromServer Whether a server sent it: codes and properties differ.
 * @throws {ProtocolError} 0x81 when malformed, which includes any body in 3.x;
 * 0x82 for a reason code the sender does not have, or a duplicate property.
 */
export function decodeDisconnect(
  chunk: Uint8Array,
  frame: Frame,
  version: ProtocolVersion,
  fromServer = false,
): DisconnectPacket {
  const reader = new ByteReader(chunk, frame.bodyStart, frame.end);
  if (version !== 5) {
    reader.finish();
    return { type: 14, reasonCode: ReasonCode.Success, properties: {} };
  }
  // Code and properties may be left out, the latter also alone (3.14.2.2.1).
  const reasonCode = reader.at === reader.end ? 0 : reader.uint8();
  checkReasonCode(PacketType.Disconnect, reasonCode, fromServer);
  const properties = reader.at === reader.end ? {} : decodeProperties(
    reader,
    fromServer ? PropertyPlace.ServerDisconnect : PropertyPlace.Disconnect,
  );
  reader.finish();
  return { type: 14, reasonCode, properties };
}

/**
 * Decodes the AUTH that `frame` describes (3.15).
 *
 * @param fromServer Whether a server sent it: codes differ.
 * @throws {ProtocolError} 0x81 when malformed; 0x82 in 3.x, which has no AUTH,
 * for a reason code the sender does not have [MQTT-3.15.2-1], a missing
 * authentication method (3.15.2.2.2), or a duplicate property.
 */
export function decodeAuth(
  chunk: Uint8Array,
  frame: Frame,
  version: ProtocolVersion,
  fromServer = false,
): AuthPacket {
  if (version !== 5) throw violation("AUTH in a version that has none");
  const reader = new ByteReader(chunk, frame.bodyStart, frame.end);
  // Code and properties may be left out together only (3.15.2.1).
  const empty = reader.at === reader.end;
  const reasonCode = empty ? 0 : reader.uint8();
  checkReasonCode(PacketType.Auth, reasonCode, fromServer);
  if (empty) return { type: 15, reasonCode, properties: {} };
  const properties = decodeProperties(reader, PropertyPlace.Auth);
  reader.finish();
  if (properties.authenticationMethod === undefined) {
    throw violation("AUTH without an authentication method");
  }
  return { type: 15, reasonCode, properties };
}

function checkReasonCode(
  type: PacketType,
  code: number,
  fromServer: boolean,
): void {
  if (isReasonCodeOf(type, code, fromServer)) return;
  const packet = type === PacketType.Auth ? "AUTH" : "DISCONNECT";
  throw violation(`${packet} with reason code ${code}`);
}
