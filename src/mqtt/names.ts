import { PacketType } from "./packet_type.ts";
import { PropertyId } from "./properties.ts";

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
