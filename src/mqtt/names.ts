import { PacketType } from "./packet_type.ts";
import { PropertyId } from "./properties.ts";
import { ReasonCode, ReturnCode } from "./reason_code.ts";
import type { ProtocolVersion } from "./version.ts";

// Errors alone need names, so each searches: a start builds no tables.

/** Returns `SUBSCRIBE` for 8; `packet type 16` for a number without a name. */
export function packetName(type: number): string {
  const name = keyOf(PacketType, type);
  return name === undefined ? `packet type ${type}` : name.toUpperCase();
}

/** Returns `Receive Maximum (0x21)` for 0x21; `property 0x7E` if unknown. */
export function propertyName(id: number): string {
  const name = keyOf(PropertyId, id)?.replaceAll(
    /([a-z])([A-Z][a-z])/g,
    "$1 $2",
  );
  return name === undefined
    ? `property ${hexByte(id)}`
    : `${name} (${hexByte(id)})`;
}

/** Returns `receiveMaximum` for 0x21, as `Properties` has it; else undefined. */
export function propertyKey(id: number): string | undefined {
  const name = keyOf(PropertyId, id);
  return name && name[0].toLowerCase() + name.slice(1);
}

/**
 * Returns the name of a reason code in a packet of `type`: `NotAuthorized` for
 * 0x87; of a return code in CONNACK before MQTT 5.0; `0x7E` if unknown.
 */
export function reasonName(
  code: number,
  type: number,
  version: ProtocolVersion,
): string {
  if (type === PacketType.Connack && version !== 5) {
    return keyOf(ReturnCode, code) ?? hexByte(code);
  }
  if (code === 0 && type === PacketType.Suback) return "GrantedQoS0";
  if (code === 0 && type === PacketType.Disconnect) {
    return "NormalDisconnection";
  }
  return keyOf(ReasonCode, code) ?? hexByte(code);
}

/** Returns a byte in two hexadecimal digits: `0x0B`. */
export function hexByte(byte: number): string {
  return `0x${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}

function keyOf(
  table: Readonly<Record<string, number>>,
  value: number,
): string | undefined {
  return Object.entries(table).find(([, number]) => number === value)?.[0];
}
