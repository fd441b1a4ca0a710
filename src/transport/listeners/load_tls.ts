import type { Clock } from "../../clock/mod.ts";
import type { TlsServer } from "../tls/tls_handshake.ts";
import type { TlsListener, TlsListenOptions } from "./tls_listener.ts";
import type { TlsOptions } from "../streams/tls_ports.ts";

// Node's TLS takes some 20 ms and several MiB to load: a broker without TLS
// must not pay for it.

/** Loads the server's side of TLS for `ByteStream`s; see `Beginning`. */
export async function loadTls(
  options: TlsOptions,
  clock: Clock,
): Promise<TlsServer> {
  const { TlsServer } = await import("../tls/tls_handshake.ts");
  return new TlsServer(options, clock);
}

/**
 * Listens for TLS on a port of its own. Rejects with a `ListenError` when the
 * address is in use, not permitted, not this machine's, or no address at all.
 */
export async function listenTls(
  options: TlsListenOptions,
): Promise<TlsListener> {
  const { openTlsListener } = await import("./tls_listener.ts");
  return await openTlsListener(options);
}
