import type { Accepted, ProxiedTls } from "../streams/byte_stream.ts";
import { startsAsProxyHeader } from "../streams/foreign_protocol.ts";
import { parseProxyHeader } from "./proxy_header.ts";
import { RefusedError } from "../streams/refusal.ts";
import { RewoundStream } from "../streams/rewound_stream.ts";

/** Demands of a listener on the client's TLS, by the PROXY header. */
export interface ProxyDemands {
  /** Least TLS between client and proxy. */
  readonly tls: ProxiedTls;
  /** Whether the header must have the name of the client certificate. */
  readonly name: boolean;
}

/** Throws `RefusedError` for a connection that does not meet `demands`. */
export function checkDemands(
  { proxiedTls = "none", clientName }: Accepted,
  { tls, name }: ProxyDemands,
): void {
  const refuse = (what: string) => {
    throw new RefusedError("proxy-client-tls", what);
  };
  if (tls !== "none" && proxiedTls === "none") {
    refuse(
      "proxy_client_tls asks for TLS between client and proxy, and the PROXY " +
        "header reports none (HAProxy: send-proxy-v2-ssl)",
    );
  }
  if (tls === "certificate" && proxiedTls !== "certificate") {
    refuse(
      "proxy_client_tls asks for a client certificate, and the PROXY header " +
        "reports none that the proxy verified (HAProxy: verify required)",
    );
  }
  if (name && !isUserName(clientName ?? "")) {
    refuse(
      "proxy_username asks for a user name, and the PROXY header has no name " +
        "of a verified client certificate (HAProxy: send-proxy-v2-ssl-cn)",
    );
  }
}

/** Returns whether `text` may be a user name: without control characters. */
function isUserName(text: string): boolean {
  // deno-lint-ignore no-control-regex
  return text !== "" && !/[\0-\x1f\x7f-\x9f]/.test(text);
}

/**
 * Reads the PROXY protocol header of a stream of a trusted proxy, and returns
 * the stream behind it with the peer that it names. Rejects with `RefusedError`
 * without a header.
 */
export async function takeProxyHeader(accepted: Accepted): Promise<Accepted> {
  const { stream } = accepted;
  let buffer = new Uint8Array(256);
  let fill = 0;
  for (;;) {
    const count = await stream.read(buffer.subarray(fill));
    if (count === null) {
      throw new RefusedError(
        "proxy-header",
        "the proxy closed the connection before the end of its PROXY header",
      );
    }
    fill += count;
    const header = parseProxyHeader(buffer.subarray(0, fill));
    if (header !== null) {
      const rest = buffer.slice(header.length, fill);
      return {
        ...accepted,
        stream: rest.length > 0 ? new RewoundStream(stream, rest) : stream,
        peer: header.peer ?? accepted.peer,
        proxiedTls: header.tls,
        ...(header.serverName === null
          ? {}
          : { serverName: header.serverName }),
        ...(header.clientName === null
          ? {}
          : { clientName: header.clientName }),
      };
    }
    if (fill === buffer.length) {
      // Twice 4 KiB at most: `parseProxyHeader` refuses a longer header.
      const larger = new Uint8Array(buffer.length * 2);
      larger.set(buffer);
      buffer = larger;
    }
  }
}

/**
 * Passes a stream on that begins without a PROXY protocol header. Rejects with
 * `RefusedError` for one with a header: its sender is no trusted proxy, and the
 * log must not blame the client.
 */
export async function refuseProxyHeader(accepted: Accepted): Promise<Accepted> {
  const { stream } = accepted;
  const buffer = new Uint8Array(256);
  let fill = 0;
  for (;;) {
    const count = await stream.read(buffer.subarray(fill));
    if (count !== null) fill += count;
    const start = startsAsProxyHeader(buffer.subarray(0, fill));
    if (start === "yes") {
      throw new RefusedError(
        "proxy-header",
        `${accepted.peer.hostname} sends a PROXY protocol header, and is not ` +
          "in trusted_proxies",
      );
    }
    if (start === "no" || count === null) {
      const rest = buffer.slice(0, fill);
      return { ...accepted, stream: new RewoundStream(stream, rest) };
    }
  }
}
