/** A protocol on the wrong listener, by its first bytes. */
export type Foreign = "mqtt" | "tls" | "http" | "proxy-header";

/** A mistake of a peer that its operator can correct. */
export type PeerFault =
  | `speaks-${Foreign}`
  | "asks-for-another-path"
  | "speaks-no-tls"
  | "speaks-old-tls"
  | "distrusts-authority"
  | "rejects-certificate"
  | "finds-certificate-expired";

/** Upper-case letters of the shortest HTTP method; one or a space follows. */
const LETTERS = 3;

/** "PROXY ", the beginning of version 1 [PROXY protocol §2.1]. */
const PROXY_V1 = [0x50, 0x52, 0x4f, 0x58, 0x59, 0x20];

/** The signature of version 2 [PROXY protocol §2.2]. */
const PROXY_V2 = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10];

/**
 * Returns the protocol that `bytes` from `start` up to `end` begin: CONNECT
 * [MQTT-3.1.0-1], a TLS handshake (RFC 8446, 5.1), a PROXY protocol header, an
 * HTTP request. Returns `part` while more bytes have to come before that is
 * certain, and null when they begin none of these. One byte at least.
 */
export function protocolOf(
  bytes: Uint8Array,
  start: number,
  end: number,
): Foreign | "part" | null {
  const first = bytes[start];
  if (first === 0x10) return "mqtt";
  if (first === 0x16) {
    // A major version of 3 follows; else it is a CONNECT with wrong flags.
    if (end - start < 2) return "part";
    return bytes[start + 1] === 3 ? "tls" : null;
  }
  const proxy = startsAsProxyHeader(bytes, start, end);
  if (proxy !== "no") return proxy === "yes" ? "proxy-header" : "part";
  const next = start + LETTERS;
  for (let at = start; at < Math.min(end, next + 1); at++) {
    const isLetter = bytes[at] >= 0x41 && bytes[at] <= 0x5a;
    if (!isLetter && !(at === next && bytes[at] === 0x20)) return null;
  }
  return end <= next ? "part" : "http";
}

/**
 * Returns whether `bytes` begin as a PROXY protocol header of either version;
 * `part` while more bytes have to come. No MQTT packet, TLS record or HTTP
 * request begins so.
 */
export function startsAsProxyHeader(
  bytes: Uint8Array,
  start = 0,
  end: number = bytes.length,
): "no" | "part" | "yes" {
  for (const mark of [PROXY_V1, PROXY_V2]) {
    const length = Math.min(mark.length, end - start);
    let same = 0;
    while (same < length && bytes[start + same] === mark[same]) same++;
    if (same === mark.length) return "yes";
    if (same === length) return "part";
  }
  return "no";
}
