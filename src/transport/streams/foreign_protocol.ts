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

const encoder = new TextEncoder();
const PROXY_V1 = encoder.encode("PROXY ");
const PROXY_V2 = encoder.encode("\r\n\r\n\0\r\nQUIT\n");

/**
 * Tells what `bytes` from `start` up to `end` begin, of which one may be all
 * that has come: a TLS handshake (RFC 8446, 5.1), an HTTP request, a PROXY
 * protocol header, CONNECT. Null when it is none of them.
 */
export function foreignOf(
  bytes: Uint8Array,
  start: number,
  end: number,
): Foreign | null {
  const first = bytes[start];
  if (first === 0x10) return "mqtt";
  // A major version of 3 follows; else it is a CONNECT with wrong flags.
  if (first === 0x16) {
    return end === start + 1 || bytes[start + 1] === 3 ? "tls" : null;
  }
  if (end - start > 1 && begins(PROXY_V1, bytes, start, end)) {
    return "proxy-header";
  }
  if (begins(PROXY_V2, bytes, start, end)) return "proxy-header";
  for (let at = start; at < Math.min(end, start + 3); at++) {
    if (bytes[at] < 0x41 || bytes[at] > 0x5a) return null;
  }
  return "http";
}

/** Whether as much as there is of `bytes` is the begin of `text`. */
function begins(
  text: Uint8Array,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  const length = Math.min(end - start, text.length);
  for (let at = 0; at < length; at++) {
    if (bytes[start + at] !== text[at]) return false;
  }
  return true;
}
