import { plainAddress } from "../../network/mod.ts";
import { AcceptLoop, type AcceptOptions, type Source } from "./accept_loop.ts";
import type {
  Accepted,
  Listener,
  PeerAddress,
} from "../streams/byte_stream.ts";
import { ListenError } from "./listen_error.ts";

/** Options of a plain TCP listener. */
export interface TcpOptions extends AcceptOptions {
  /**
   * An IPv4 or IPv6 address or a name (its first address is taken).
   * `0.0.0.0` is every IPv4 address, `::` every IPv6 and IPv4 address.
   */
  readonly bind: string;
  /** 0 to 65535; 0 takes a free port. */
  readonly port: number;
}

/** The source of a `TcpListener`: `Deno.TcpListener`, or a test's. */
export interface Acceptor extends Source<Deno.TcpConn> {
  /** The address it listens on. */
  readonly addr: Deno.Addr;
}

/** Accepts TCP connections; each connection is its own `ByteStream`. */
export class TcpListener implements Listener {
  /** Address that it listens on; `port` is the real one in place of 0. */
  readonly address: PeerAddress;
  readonly #loop: AcceptLoop<Deno.TcpConn>;

  /** `acceptor` listens already; see `listenTcp`. */
  constructor(acceptor: Acceptor, options: AcceptOptions) {
    const { hostname, port } = acceptor.addr as Deno.NetAddr;
    this.address = { hostname, port };
    this.#loop = new AcceptLoop(acceptor, options);
  }

  serve(onStream: (accepted: Accepted) => void): Promise<void> {
    return this.#loop.run((conn) => {
      // The broker gathers the writes of a pass: Nagle's algorithm would only
      // add latency.
      conn.setNoDelay(true);
      conn.setKeepAlive(true);
      const { hostname, port } = conn.remoteAddr;
      // Limits and logs need one address for a peer, on `::` as well.
      const peer = { hostname: plainAddress(hostname), port };
      onStream({ stream: conn, peer });
    });
  }

  close(): void {
    this.#loop.close();
  }
}

/**
 * Listens for TCP connections. Throws a `ListenError` when the address is in
 * use, not permitted, not this machine's, or invalid.
 */
export function listenTcp(options: TcpOptions): TcpListener {
  let acceptor: Deno.TcpListener;
  try {
    acceptor = Deno.listen({ hostname: options.bind, port: options.port });
  } catch (error) {
    throw ListenError.of(options.bind, options.port, error);
  }
  return new TcpListener(acceptor, options);
}
