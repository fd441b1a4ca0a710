/** Bytes of an entry of version 2: type, length, value. */
export function entry(type: number, value: Uint8Array | string): number[] {
  const bytes = typeof value === "string"
    ? new TextEncoder().encode(value)
    : value;
  return [type, bytes.length >> 8, bytes.length & 255, ...bytes];
}

/** How a version 2 header is to be. */
export interface BinaryHeader {
  /** 0 LOCAL, 1 PROXY. @default 1 */
  readonly command?: number;
  /** Family and protocol. @default 0x11, TCP over IPv4 */
  readonly family?: number;
  /** @default 192.0.2.7:4711 to 192.0.2.1:8883 */
  readonly addresses?: readonly number[];
  /** See `entry`. @default none */
  readonly entries?: readonly number[];
}

const usual = [192, 0, 2, 7, 192, 0, 2, 1, 0x12, 0x67, 0x22, 0xb3];

/** A PROXY protocol header of version 2. */
export function binaryHeader(wish: BinaryHeader = {}): Uint8Array<ArrayBuffer> {
  const { command = 1, family = 0x11, addresses = usual, entries = [] } = wish;
  const body = [...addresses, ...entries];
  return new Uint8Array([
    ...[13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10],
    ...[0x20 | command, family, body.length >> 8, body.length & 255],
    ...body,
  ]);
}

/** A PROXY protocol header of version 1. */
export function textHeader(
  line = "TCP4 192.0.2.7 192.0.2.1 4711 8883",
): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`PROXY ${line}\r\n`);
}
