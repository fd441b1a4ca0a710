/**
 * MQTT packets by hand, for tests that speak the wire. Nothing of `src/` is
 * used, so that a mistake in the codec cannot hide on both sides.
 */

/** Bytes, or hex digits with any spacing. */
export type Bytes = Uint8Array | string;

/** The bytes that `digits` spell; spaces do not count. */
export function hex(digits: string): Uint8Array {
  const text = digits.replace(/\s+/g, "");
  if (text.length % 2 || /[^0-9a-f]/i.test(text)) {
    throw new Error(`not hex bytes: ${digits}`);
  }
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = parseInt(text.slice(2 * at, 2 * at + 2), 16);
  }
  return bytes;
}

/** `bytes` as spaced lower-case hex digits. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (one) => one.toString(16).padStart(2, "0"))
    .join(" ");
}

/** All of `parts`, one after the other. */
export function join(...parts: Bytes[]): Uint8Array {
  return joinAll(parts);
}

/** The same of a list, which may be longer than a call has room for. */
export function joinAll(parts: readonly Bytes[]): Uint8Array {
  const all = parts.map((part) => typeof part === "string" ? hex(part) : part);
  const bytes = new Uint8Array(all.reduce((sum, one) => sum + one.length, 0));
  let at = 0;
  for (const one of all) {
    bytes.set(one, at);
    at += one.length;
  }
  return bytes;
}

/** One byte. */
export function u8(value: number): Uint8Array {
  return Uint8Array.of(value);
}

/** A two byte integer. */
export function u16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 255);
}

/** A four byte integer. */
export function u32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >> 16, value >> 8, value);
}

/** A variable byte integer in its shortest form. */
export function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  do {
    const more = value > 127 ? 128 : 0;
    bytes.push(value % 128 | more);
    value = Math.floor(value / 128);
  } while (value > 0);
  return Uint8Array.from(bytes);
}

/** Text as UTF-8, without a length. */
export function utf8(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

/** Bytes, or text as UTF-8, behind their two byte length. */
export function field(value: string | Uint8Array): Uint8Array {
  const bytes = typeof value === "string" ? utf8(value) : value;
  return join(u16(bytes.length), bytes);
}

/** A whole packet: first byte, remaining length, body. */
export function packet(firstByte: number, ...body: Bytes[]): Uint8Array {
  const bytes = join(...body);
  return join(u8(firstByte), varint(bytes.length), bytes);
}

/** v5 properties one by one; they go into the `properties` of a packet. */
export const property = {
  payloadFormat: (value: number) => join("01", u8(value)),
  messageExpiry: (seconds: number) => join("02", u32(seconds)),
  contentType: (value: string | Uint8Array) => join("03", field(value)),
  responseTopic: (value: string | Uint8Array) => join("08", field(value)),
  correlationData: (value: string | Uint8Array) => join("09", field(value)),
  subscriptionIdentifier: (value: number) => join("0b", varint(value)),
  sessionExpiry: (seconds: number) => join("11", u32(seconds)),
  authenticationMethod: (value: string) => join("15", field(value)),
  authenticationData: (value: string | Uint8Array) => join("16", field(value)),
  requestProblem: (value: number) => join("17", u8(value)),
  willDelay: (seconds: number) => join("18", u32(seconds)),
  requestResponse: (value: number) => join("19", u8(value)),
  reasonString: (value: string) => join("1f", field(value)),
  receiveMaximum: (value: number) => join("21", u16(value)),
  topicAliasMaximum: (value: number) => join("22", u16(value)),
  topicAlias: (value: number) => join("23", u16(value)),
  user: (name: string, value: string) => join("26", field(name), field(value)),
  maximumPacketSize: (bytes: number) => join("27", u32(bytes)),
};

/** A property length and the properties behind it. */
export function properties(parts: readonly Bytes[] = []): Uint8Array {
  const bytes = join(...parts);
  return join(varint(bytes.length), bytes);
}
