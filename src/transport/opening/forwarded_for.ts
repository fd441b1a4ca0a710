import {
  formatAddress,
  type Networks,
  parseAddress,
} from "../../network/mod.ts";
import { HandshakeError } from "../streams/handshake_error.ts";
import { trimBlanks } from "./http_head.ts";

/**
 * Returns the address of a client by `X-Forwarded-For`: the rightmost one that
 * is no trusted proxy. Each proxy appends the address of its peer, so addresses
 * further left may be forged. `peer` is the trusted proxy; `values` are the
 * header's lines, in order. Throws `HandshakeError` 400 when a trusted proxy
 * sends an invalid address.
 */
export function forwardedFor(
  peer: string,
  values: readonly string[],
  trusted: Networks,
): string {
  const said = values.join(",").split(",").map(trimBlanks)
    .filter((one) => one !== "");
  let client = peer;
  for (const one of said.reverse()) {
    const bytes = parseAddress(withoutPort(one));
    if (bytes === null) {
      throw new HandshakeError(400, "X-Forwarded-For has an invalid address.");
    }
    client = formatAddress(bytes);
    if (!trusted.has(client)) break;
  }
  return client;
}

/** Removes the port of `192.0.2.1:4711` or `[2001:db8::1]:4711`. */
function withoutPort(text: string): string {
  const match = /^\[([^\]]+)\](?::\d+)?$|^([\d.]+):\d+$/.exec(text);
  return match?.[1] ?? match?.[2] ?? text;
}
