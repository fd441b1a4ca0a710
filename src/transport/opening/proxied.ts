import type { Accepted, ProxiedTls } from "../streams/byte_stream.ts";
import { startsAsProxyHeader } from "../streams/foreign_protocol.ts";
import { parseProxyHeader } from "./proxy_header.ts";
import { RefusedError } from "../streams/refusal.ts";
import { RewoundStream } from "../streams/rewound_stream.ts";

/** What the PROXY header has to say of a client's TLS. */
export interface ProxyDemands {
  /** What the client must have spoken with the proxy. */
  readonly tls: ProxiedTls;
  /** Whether it must name the client by its certificate. */
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
      "the client did not speak TLS with a trusted proxy, or the proxy did " +
        "not tell (HAProxy: send-proxy-v2-ssl), and proxy_client_tls asks for it",
    );
  }
  if (tls === "certificate" && proxiedTls !== "certificate") {
    refuse(
      "the client showed the proxy no certificate that it verified " +
        "(HAProxy: verify required), and proxy_client_tls asks for one",
    );
  }
  if (name && !isUserName(clientName ?? "")) {
    refuse(
      "the PROXY header has no name of a verified client certificate " +
        "(HAProxy: send-proxy-v2-ssl-cn) that could be a user name, and " +
        "proxy_username asks for one",
    );
  }
}

/** Control characters would get in the way of logs and rules. */
function isUserName(text: string): boolean {
  // deno-lint-ignore no-control-regex
  return text !== "" && !/[\0-\x1f\x7f-\x9f]/.test(text);
}

/**
 * Takes the PROXY protocol header off a stream that a trusted proxy opened,
 * and tells the peer by it. Rejects with `RefusedError` without a header.
 */
export async function takeProxyHeader(accepted: Accepted): Promise<Accepted> {
  const { stream } = accepted;
  let buffer = new Uint8Array(256);
  let fill = 0;
  for (;;) {
    const count = await stream.read(buffer.subarray(fill));
    if (count === null) {
      throw new RefusedError("proxy-header", "the proxy ended too early");
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
      // Twice 4 KiB at most: a longer header is refused by its announcement.
      const larger = new Uint8Array(buffer.length * 2);
      larger.set(buffer);
      buffer = larger;
    }
  }
}

/**
 * Lets a stream pass that begins without a PROXY protocol header. Rejects with
 * `RefusedError` for one with a header: who sends it is not trusted, and it
 * must not look as if the client had said something wrong.
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
        `a PROXY protocol header from ${accepted.peer.hostname}, which is ` +
          "not in trusted_proxies",
      );
    }
    if (start === "no" || count === null) {
      const rest = buffer.slice(0, fill);
      return { ...accepted, stream: new RewoundStream(stream, rest) };
    }
  }
}
