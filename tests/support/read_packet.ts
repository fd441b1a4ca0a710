import type { Version } from "./packets.ts";
import { checkSeal } from "./sealed_payload.ts";

/** A property as it came: identifier and value; binary data as bytes. */
export type ReadProperty = readonly [
  id: number,
  value: number | string | Uint8Array | readonly [string, string],
];

/** A packet from the broker, taken apart; only what its type has is set. */
export interface ReadPacket {
  readonly type: number;
  readonly flags: number;
  readonly bytes: Uint8Array;
  readonly properties: readonly ReadProperty[];
  packetId: number;
  /** Return or reason code of CONNACK, acknowledgement, DISCONNECT, AUTH. */
  code: number;
  /** Codes of SUBACK and UNSUBACK. */
  codes: number[];
  sessionPresent: boolean;
  topic: string;
  payload: string;
  readonly qos: number;
  readonly dup: boolean;
  readonly retain: boolean;
}

/** Length in bytes of the whole packet at the start of `bytes`, or 0. */
export function packetLength(bytes: Uint8Array): number {
  let length = 0;
  for (let at = 1; at < bytes.length && at < 5; at++) {
    length += (bytes[at] & 127) * 128 ** (at - 1);
    if (bytes[at] < 128) {
      return at + 1 + length <= bytes.length ? at + 1 + length : 0;
    }
  }
  return 0;
}

/** The packet's property `id`, or undefined; the first when there are more. */
export function propertyOf(
  packet: ReadPacket,
  id: number,
): ReadProperty[1] | undefined {
  return packet.properties.find((one) => one[0] === id)?.[1];
}

/** All values of the packet's property `id`, in order. */
export function propertiesOf(
  packet: ReadPacket,
  id: number,
): ReadProperty[1][] {
  return packet.properties.filter((one) => one[0] === id).map((one) => one[1]);
}

class Cursor {
  readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  take(count: number): Uint8Array {
    if (count > this.left) throw new Error("the packet ends too early");
    return this.bytes.subarray(this.at, this.at += count);
  }

  integer(bytes: number): number {
    return this.take(bytes).reduce((sum, one) => sum * 256 + one, 0);
  }

  varint(): number {
    let value = 0;
    for (let place = 1;; place *= 128) {
      const byte = this.integer(1);
      value += (byte & 127) * place;
      if (byte < 128) return value;
    }
  }

  binary(): Uint8Array {
    return this.take(this.integer(2)).slice();
  }

  text(): string {
    return decode(this.binary());
  }
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
    .decode(bytes);
}

const BYTE = [0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2a];
const TWO_BYTES = [0x13, 0x21, 0x22, 0x23];
const FOUR_BYTES = [0x02, 0x11, 0x18, 0x27];
const TEXT = [0x03, 0x08, 0x12, 0x15, 0x1a, 0x1c, 0x1f];
const BINARY = [0x09, 0x16];

function readValue(cursor: Cursor, id: number): ReadProperty[1] {
  if (BYTE.includes(id)) return cursor.integer(1);
  if (TWO_BYTES.includes(id)) return cursor.integer(2);
  if (FOUR_BYTES.includes(id)) return cursor.integer(4);
  if (TEXT.includes(id)) return cursor.text();
  if (BINARY.includes(id)) return cursor.binary();
  if (id === 0x0b) return cursor.varint();
  if (id === 0x26) return [cursor.text(), cursor.text()];
  throw new Error(`no such property: ${id}`);
}

function readProperties(cursor: Cursor): ReadProperty[] {
  const end = cursor.varint() + cursor.at;
  const properties: ReadProperty[] = [];
  while (cursor.at < end) {
    const id = cursor.varint();
    properties.push([id, readValue(cursor, id)]);
  }
  if (cursor.at !== end) throw new Error("properties longer than they say");
  return properties;
}

/** Takes one whole packet apart; throws when it is not well formed. */
export function readPacket(bytes: Uint8Array, version: Version): ReadPacket {
  const cursor = new Cursor(bytes, 1);
  cursor.varint();
  const type = bytes[0] >> 4;
  const qos = bytes[0] >> 1 & 3;
  const properties: ReadProperty[] = [];
  const packet: ReadPacket = {
    type,
    flags: bytes[0] & 15,
    bytes,
    properties,
    packetId: 0,
    code: 0,
    codes: [],
    sessionPresent: false,
    topic: "",
    payload: "",
    qos,
    dup: (bytes[0] & 8) !== 0,
    retain: (bytes[0] & 1) !== 0,
  };
  if (type === 2) {
    packet.sessionPresent = cursor.integer(1) === 1;
    packet.code = cursor.integer(1);
  } else if (type === 3) {
    packet.topic = cursor.text();
    if (qos > 0) packet.packetId = cursor.integer(2);
  } else if (type >= 4 && type <= 11) {
    packet.packetId = cursor.integer(2);
    if (type <= 7 && cursor.left > 0) packet.code = cursor.integer(1);
  } else if (type >= 14 && cursor.left > 0) {
    packet.code = cursor.integer(1);
  }
  // Short acknowledgements, DISCONNECT and AUTH leave the length out.
  const always = type === 2 || type === 3 || type === 9 || type === 11;
  if (version === 5 && (always || cursor.left > 0) && type !== 13) {
    properties.push(...readProperties(cursor));
  }
  if (type === 3) {
    packet.payload = decode(cursor.take(cursor.left));
    checkSeal(packet.payload);
  }
  if (type === 9 || type === 11) packet.codes = [...cursor.take(cursor.left)];
  if (cursor.left > 0) throw new Error("bytes behind the packet's end");
  return packet;
}
