import { plainAddress } from "../../network/mod.ts";
import { AcceptLoop, type AcceptOptions, type Source } from "./accept_loop.ts";
import type {
  Accepted,
  Listener,
  PeerAddress,
} from "../streams/byte_stream.ts";
import { ListenError } from "./listen_error.ts";

/** Where and how to listen for plain TCP. */
export interface TcpOptions extends AcceptOptions {
  /**
   * An IPv4 or IPv6 address or a name (its first address is taken).
   * `0.0.0.0` is every IPv4 address, `::` every IPv6 and IPv4 address.
   */
  readonly bind: string;
  /** 0 to 65535; 0 takes a free port. */
  readonly port: number;
}

/** What a `TcpListener` accepts from: `Deno.TcpListener`, or a test's own. */
export interface Acceptor extends Source<Deno.TcpConn> {
  /** The address it listens on. */
  readonly addr: Deno.Addr;
}

/** Accepts TCP connections; each connection is its own `ByteStream`. */
export class TcpListener implements Listener {
  /** Where it listens; `port` is the real one when 0 was asked for. */
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
      // The broker itself gathers what it writes in one pass; Nagle's waiting
      // would only add to the latency.
      conn.setNoDelay(true);
      conn.setKeepAlive(true);
      const { hostname, port } = conn.remoteAddr;
      // Limits and logs must know a peer by one address, on `::` as well.
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
 * use, not permitted, not this machine's, or no address at all.
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
