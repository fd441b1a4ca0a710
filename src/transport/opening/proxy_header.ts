import { formatAddress, parseAddress } from "../../network/mod.ts";
import type { PeerAddress, ProxiedTls } from "../streams/byte_stream.ts";
import { startsAsProxyHeader } from "../streams/foreign_protocol.ts";
import { RefusedError } from "../streams/refusal.ts";

/** What a proxy tells of the connection that it passes on. */
export interface ProxyHeader {
  /** Where the client connects from; null: the proxy speaks for itself. */
  readonly peer: PeerAddress | null;
  /** The server that the client asked for by TLS; null when not told. */
  readonly serverName: string | null;
  /**
   * Common name of the certificate that the client showed to the proxy, and
   * that the proxy verified; null when there is none.
   */
  readonly clientName: string | null;
  /**
   * How the client spoke to the proxy; `certificate` is one that the proxy
   * verified. Version 1 cannot say, which counts as `none`.
   */
  readonly tls: ProxiedTls;
  /** Bytes of the header. */
  readonly length: number;
}

/** What a header says of names and TLS that says nothing of them. */
const SILENT = { serverName: null, clientName: null, tls: "none" } as const;

/** Of a version 1 header, its line end included [PROXY protocol §2.1]. */
const MOST_TEXT = 107;

/** Of a version 2 header: addresses, and a few KiB of what else is told. */
const MOST_BINARY = 4096;

/** First byte of version 2. */
const BINARY = 0x0d;

/** Types of what may follow the addresses [PROXY protocol §2.2]. */
const AUTHORITY = 0x02;
const SSL = 0x20;
const SSL_CN = 0x22;

/** Bits of the SSL entry: the client spoke TLS. */
const SPOKE_TLS = 0x01;

/** And: it showed a certificate, now or in this session. */
const SHOWN = 0x02 | 0x04;

/**
 * Reads a PROXY protocol header, version 1 or 2, from the beginning of
 * `bytes`. Null when they are not enough yet. Throws `RefusedError` for what
 * is no header, or one that is longer than it may be.
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
    `no PROXY protocol header from a trusted proxy: ${what}`,
  );
}

function parseText(bytes: Uint8Array): ProxyHeader | null {
  const end = bytes.subarray(0, MOST_TEXT).indexOf(10);
  if (end < 0) {
    if (bytes.length < MOST_TEXT) return null;
    throw refused("its line has no end");
  }
  const line = String.fromCharCode(...bytes.subarray(0, end + 1));
  const nothing = { ...SILENT, length: end + 1 };
  // What follows UNKNOWN is to be ignored, whatever it is.
  if (/^PROXY UNKNOWN( .*)?\r\n$/.test(line)) return { peer: null, ...nothing };
  const match =
    /^PROXY (TCP[46]) ([0-9A-Fa-f.:]+) ([0-9A-Fa-f.:]+) (\d{1,5}) (\d{1,5})\r\n$/
      .exec(line);
  if (match === null) throw refused("its line is malformed");
  const [, family, source, target, port, targetPort] = match;
  const bytesOf = (address: string) => {
    const isRight = address.includes(":") === (family === "TCP6");
    const bytes = isRight ? parseAddress(address) : null;
    if (bytes === null) throw refused("an address in it is none");
    return bytes;
  };
  bytesOf(target);
  // One address has many spellings, and limits know it by one.
  const hostname = formatAddress(bytesOf(source));
  if (Number(port) > 65535 || Number(targetPort) > 65535) {
    throw refused("a port in it is none");
  }
  return { peer: { hostname, port: Number(port) }, ...nothing };
}

function parseBinary(bytes: Uint8Array): ProxyHeader | null {
  if (bytes.length < 16) return null;
  const length = 16 + (bytes[14] << 8 | bytes[15]);
  if (bytes[12] >> 4 !== 2) throw refused("its version is not 2");
  const command = bytes[12] & 15;
  if (command > 1) throw refused("its command is neither LOCAL nor PROXY");
  if (length > MOST_BINARY) throw refused("it is longer than 4 KiB");
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
      // UNSPEC, datagrams, sockets in a file: no address that means anything.
      return silent;
  }
}

/** Two addresses of `size` bytes, two ports, and entries behind them. */
function withEntries(
  view: Uint8Array,
  size: number,
  length: number,
): ProxyHeader {
  const at = size * 2;
  if (view.length < at + 4) throw refused("its addresses are cut short");
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

/** Type, length in two bytes, value; until the end. */
function* entries(bytes: Uint8Array): Iterable<[number, Uint8Array]> {
  for (let at = 0; at < bytes.length;) {
    const from = at + 3;
    const end = from + (bytes[at + 1] << 8 | bytes[at + 2]);
    // Also when the length itself is cut short, which makes it NaN.
    if (!(from <= bytes.length && end <= bytes.length)) {
      throw refused("an entry in it is cut short");
    }
    yield [bytes[at], bytes.subarray(from, end)];
    at = end;
  }
}

type ProxiedClient = Pick<ProxyHeader, "clientName" | "tls">;

/** A certificate and its name count only when the proxy verified it. */
function proxiedClientOf(value: Uint8Array): ProxiedClient {
  if (value.length < 5) throw refused("its TLS entry is cut short");
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
    throw refused("a name in it is not UTF-8");
  }
}
