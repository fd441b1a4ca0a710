import type { CloseReason } from "../../session/mod.ts";
import type { PeerFault } from "../../transport/mod.ts";
import type { StartedListener } from "./started_listener.ts";

/** Facts about an end beside its reason. */
export interface EndFacts {
  /** True if the CONNECT had been accepted. */
  readonly wasOpen: boolean;
  /** The cause in words; null if unknown. */
  readonly detail: string | null;
  /** The limit that was met, or null. */
  readonly limit: string | null;
  /** The mistake of the peer, or null. */
  readonly fault: PeerFault | null;
  /** Returns the open listeners: the client may belong to another one. */
  readonly listeners: () => readonly StartedListener[];
}

/** Says why a connection ended, and what to do about it. */
export function endWords(reason: CloseReason, facts: EndFacts): string {
  const { wasOpen, limit, fault } = facts;
  if (fault !== null) return faultWords(fault, facts.detail, facts.listeners());
  const detail = facts.detail === null ? "" : `: ${facts.detail}`;
  switch (reason) {
    case "client-disconnect":
      return `the client disconnected${detail}`;
    case "client-closed":
      return wasOpen
        ? "the client closed the connection without DISCONNECT"
        : "the peer closed the connection before CONNECT was accepted";
    case "broken":
      return `the network connection broke${detail}`;
    case "protocol-error":
      return `the client broke the protocol${detail}`;
    case "answer-too-large":
      return `the client takes only small packets${detail}`;
    case "refused":
      return `CONNECT was not accepted${detail}`;
    case "client-id-owned":
      return `the session of this client id belongs to another user${detail}`;
    case "taken-over":
      return `another connection uses the same client id${detail}; give each ` +
        "client a client id of its own";
    case "keep-alive":
      return "no packet came within 1.5 times the keep alive";
    case "connect-timeout":
      return "no CONNECT came in time";
    case "auth-failed":
      return `not authorized${detail}`;
    case "auth-expired":
      return "the login has expired; the client must connect again";
    case "not-authorized":
      return `the access rules do not allow it${detail}`;
    case "login-withdrawn":
      return `the settings no longer admit this client${detail}`;
    case "listener-removed":
      return "the settings no longer have this listener";
    case "certificate-refused":
    case "certificate-revoked":
      return facts.detail ?? "the client's certificate is not authorized";
    case "administrative-action":
      return `an administrator disconnected the client${detail}`;
    case "shutdown":
      return "the broker stops";
    case "too-many-connections":
      return `too many connections: ${limit}`;
    case "unknown-protocol":
    case "tls-handshake":
    case "websocket-handshake":
    case "reset-before-accept":
    case "network-refused":
    case "proxy-header":
    case "proxy-client-tls":
      return facts.detail ?? "the connection did not get as far as MQTT";
    case "handshake-timeout":
      return "the handshake was not complete within handshake_timeout";
    case "too-many-handshakes":
      return "max_handshakes handshakes were under way";
    case "memory-full":
    case "disk-full":
      return facts.detail ??
        `there is no room for what the client needs: ${limit}`;
    case "internal-error":
      return "an error of the broker itself; see the event failed";
  }
}

/** Says what the client did wrong, and where or how it goes right. */
function faultWords(
  fault: PeerFault,
  detail: string | null,
  listeners: readonly StartedListener[],
): string {
  const place = (what: string, ...types: string[]) => {
    const there = listeners.filter(({ type }) => types.includes(type))
      .map((one) => `port ${one.port} (listener ${one.name})`);
    return there.length > 0
      ? `${what} is on ${there.join(", ")}`
      : `for ${what}, add a listener of type ${types[0]}`;
  };
  const said = detail === null ? "" : ` (${detail})`;
  switch (fault) {
    case "speaks-mqtt":
      return "the client speaks MQTT, and this listener expects WebSocket: " +
        place("MQTT", "tcp", "tls");
    case "speaks-tls":
      return "the client speaks TLS, and this listener does not: " +
        place("TLS", "tls", "wss");
    case "speaks-http":
      return "the client speaks HTTP, and this listener does not: " +
        place("MQTT over WebSocket", "websocket", "wss");
    case "speaks-proxy-header":
      return "a proxy sends a PROXY protocol header, and this listener " +
        "expects none: set its proxy_protocol and trusted_proxies";
    case "asks-for-another-path":
      return "the client asks for a path that this listener does not have: " +
        `change its URL, or the listener's setting path${said}`;
    case "speaks-no-tls":
      return "the client does not speak TLS, and this listener does: " +
        place("MQTT without TLS", "tcp");
    case "speaks-old-tls":
      return `the client offers nothing of TLS 1.2 or later${said}`;
    case "distrusts-authority":
      return "the client does not trust the authority of this server's " +
        "certificate: give it the authority's certificate (--cafile)";
    case "rejects-certificate":
      return "the client rejects this server's certificate: look whether it " +
        "names the host that the client connects to" + said;
    case "finds-certificate-expired":
      return "the client finds this server's certificate expired: look at " +
        "the clocks of both machines, and renew it if it has";
  }
}
