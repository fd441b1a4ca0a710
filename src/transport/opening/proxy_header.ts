import { formatAddress, parseAddress } from "../../network/mod.ts";
import type { PeerAddress, ProxiedTls } from "../streams/byte_stream.ts";
import { startsAsProxyHeader } from "../streams/foreign_protocol.ts";
import { RefusedError } from "../streams/refusal.ts";

/** The content of a PROXY protocol header. */
export interface ProxyHeader {
  /** Address of the client; null: the proxy speaks for itself. */
  readonly peer: PeerAddress | null;
  /** Server name that the client asked for in TLS; null if absent. */
  readonly serverName: string | null;
  /**
   * Common name of the client certificate that the proxy verified; null without
   * one.
   */
  readonly clientName: string | null;
  /**
   * How the client spoke to the proxy; `certificate`: the proxy verified one.
   * Version 1 has no such field: `none`.
   */
  readonly tls: ProxiedTls;
  /** Bytes of the header. */
  readonly length: number;
}

/** The fields of a header without names and TLS. */
const SILENT = { serverName: null, clientName: null, tls: "none" } as const;

/** Longest version 1 header with its line end [PROXY protocol §2.1]. */
const MOST_TEXT = 107;

/** Longest version 2 header: addresses, and a few KiB of entries. */
const MOST_BINARY = 4096;

/** First byte of version 2. */
const BINARY = 0x0d;

/** Types of entries behind the addresses [PROXY protocol §2.2]. */
const AUTHORITY = 0x02;
const SSL = 0x20;
const SSL_CN = 0x22;

/** Bits of the SSL entry: the client spoke TLS. */
const SPOKE_TLS = 0x01;

/** And: it has a certificate in this connection or TLS session. */
const SHOWN = 0x02 | 0x04;

/**
 * Reads a PROXY protocol header, version 1 or 2, from the beginning of `bytes`.
 * Returns null while bytes are missing. Throws `RefusedError` for other bytes,
 * and for a header that is too long.
 */
export function parseProxyHeader(bytes: Uint8Array): ProxyHeader | null {
  const start = startsAsProxyHeader(bytes);
  if (start === "no") throw refused("the connection starts without one");
  if (start === "part") return null;
  return bytes[0] === BINARY ? parseBinary(bytes) : parseText(bytes);
}

function refused(what: string): RefusedError {
  return new RefusedError(
    "proxy-header",
    `a trusted proxy must begin with a PROXY protocol header: ${what}`,
  );
}

function parseText(bytes: Uint8Array): ProxyHeader | null {
  const end = bytes.subarray(0, MOST_TEXT).indexOf(10);
  if (end < 0) {
    if (bytes.length < MOST_TEXT) return null;
    throw refused("the line has no end within 107 bytes");
  }
  const line = String.fromCharCode(...bytes.subarray(0, end + 1));
  const nothing = { ...SILENT, length: end + 1 };
  // The receiver must ignore the text behind UNKNOWN.
  if (/^PROXY UNKNOWN( .*)?\r\n$/.test(line)) return { peer: null, ...nothing };
  const match =
    /^PROXY (TCP[46]) ([0-9A-Fa-f.:]+) ([0-9A-Fa-f.:]+) (\d{1,5}) (\d{1,5})\r\n$/
      .exec(line);
  if (match === null) throw refused("the line is malformed");
  const [, family, source, target, port, targetPort] = match;
  const bytesOf = (address: string) => {
    const isRight = address.includes(":") === (family === "TCP6");
    const bytes = isRight ? parseAddress(address) : null;
    if (bytes === null) throw refused("an address is invalid");
    return bytes;
  };
  bytesOf(target);
  // An address has many spellings; limits need one.
  const hostname = formatAddress(bytesOf(source));
  if (Number(port) > 65535 || Number(targetPort) > 65535) {
    throw refused("a port is above 65535");
  }
  return { peer: { hostname, port: Number(port) }, ...nothing };
}

function parseBinary(bytes: Uint8Array): ProxyHeader | null {
  if (bytes.length < 16) return null;
  const length = 16 + (bytes[14] << 8 | bytes[15]);
  if (bytes[12] >> 4 !== 2) throw refused("the version is not 2");
  const command = bytes[12] & 15;
  if (command > 1) throw refused("the command is neither LOCAL nor PROXY");
  if (length > MOST_BINARY) throw refused("the header is longer than 4 KiB");
  if (bytes.length < length) return null;
  const silent = { peer: null, ...SILENT, length };
  if (command === 0) return silent;
  const view = bytes.subarray(16, length);
  switch (bytes[13]) {
    case 0x11:
      return withEntries(view, 4, length);
    case 0x21:
      return withEntries(view, 16, length);
    default:
      // UNSPEC, datagrams, socket files: no address of a client.
      return silent;
  }
}

/** Reads two addresses of `size` bytes, two ports, and the entries behind. */
function withEntries(
  view: Uint8Array,
  size: number,
  length: number,
): ProxyHeader {
  const at = size * 2;
  if (view.length < at + 4) throw refused("the addresses are incomplete");
  const address = new Uint8Array(16);
  address.set(view.subarray(0, size), 16 - size);
  if (size === 4) address[10] = address[11] = 0xff;
  let serverName: string | null = null;
  let client: ProxiedClient = SILENT;
  for (const [type, value] of entries(view.subarray(at + 4))) {
    if (type === AUTHORITY) serverName = textOf(value);
    if (type === SSL) client = proxiedClientOf(value);
  }
  return {
    peer: {
      hostname: formatAddress(address),
      port: view[at] << 8 | view[at + 1],
    },
    serverName,
    clientName: client.clientName,
    tls: client.tls,
    length,
  };
}

/** Yields the entries: type, length in two bytes, value. */
function* entries(bytes: Uint8Array): Iterable<[number, Uint8Array]> {
  for (let at = 0; at < bytes.length;) {
    const from = at + 3;
    const end = from + (bytes[at + 1] << 8 | bytes[at + 2]);
    // Also for an incomplete length, which is NaN.
    if (!(from <= bytes.length && end <= bytes.length)) {
      throw refused("an entry is incomplete");
    }
    yield [bytes[at], bytes.subarray(from, end)];
    at = end;
  }
}

type ProxiedClient = Pick<ProxyHeader, "clientName" | "tls">;

/** Reads the TLS entry; a certificate counts only when the proxy verified it. */
function proxiedClientOf(value: Uint8Array): ProxiedClient {
  if (value.length < 5) throw refused("the TLS entry is incomplete");
  const isVerified = value.subarray(1, 5).every((byte) => byte === 0);
  let clientName: string | null = null;
  for (const [type, text] of entries(value.subarray(5))) {
    if (type === SSL_CN) clientName = textOf(text);
  }
  const [bits] = value;
  if ((bits & SPOKE_TLS) === 0) return SILENT;
  return (bits & SHOWN) !== 0 && isVerified
    ? { clientName, tls: "certificate" }
    : { clientName: null, tls: "tls" };
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw refused("a name is not UTF-8");
  }
}
