import type { Clock } from "../clock/mod.ts";
import type { Accepted, Listener, PeerAddress } from "./byte_stream.ts";
import { closeQuietly } from "./close_quietly.ts";
import { ListenError } from "./listen_error.ts";

/** After a failed accept: long enough for descriptors to be given back. */
const acceptPause = 100;

/** Where and how to listen for plain TCP. */
export interface TcpOptions {
  /**
   * An IPv4 or IPv6 address or a name (its first address is taken).
   * `0.0.0.0` is every IPv4 address, `::` every IPv6 and IPv4 address.
   */
  readonly bind: string;
  /** 0 to 65535; 0 takes a free port. */
  readonly port: number;
  /** Measures the pause after a failed accept. */
  readonly clock: Clock;
  /** Told of each failed accept; the listener goes on. */
  readonly onError: (error: Error) => void;
}

/** What a `TcpListener` accepts from: `Deno.TcpListener`, or a test's own. */
export interface Acceptor {
  /** The address it listens on. */
  readonly addr: Deno.Addr;
  /** Waits for the next connection; rejects when closed. */
  accept(): Promise<Deno.TcpConn>;
  /** Stops listening. */
  close(): void;
}

/** Accepts TCP connections; each connection is its own `ByteStream`. */
export class TcpListener implements Listener {
  /** Where it listens; `port` is the real one when 0 was asked for. */
  readonly address: PeerAddress;
  readonly #acceptor: Acceptor;
  readonly #clock: Clock;
  readonly #onError: (error: Error) => void;
  #closed = false;
  /** Ends the pause after a failed accept. */
  #goOn: () => void = () => {};

  /** `acceptor` listens already; see `listenTcp`. */
  constructor(
    acceptor: Acceptor,
    options: Pick<TcpOptions, "clock" | "onError">,
  ) {
    const { hostname, port } = acceptor.addr as Deno.NetAddr;
    this.address = { hostname, port };
    this.#acceptor = acceptor;
    this.#clock = options.clock;
    this.#onError = options.onError;
  }

  async serve(onStream: (accepted: Accepted) => void): Promise<void> {
    while (!this.#closed) {
      let conn: Deno.TcpConn;
      try {
        conn = await this.#acceptor.accept();
      } catch (error) {
        if (this.#closed) return;
        this.#report(error);
        // A peer that was gone before it was accepted costs no time. Being out
        // of descriptors would fail again at once, and forever.
        if (!(error instanceof Deno.errors.ConnectionAborted)) {
          await this.#pause();
        }
        continue;
      }
      this.#handOn(conn, onStream);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#acceptor.close();
    this.#goOn();
  }

  #handOn(conn: Deno.TcpConn, onStream: (accepted: Accepted) => void): void {
    try {
      // The broker itself gathers what it writes in one pass; Nagle's waiting
      // would only add to the latency.
      conn.setNoDelay(true);
      const { hostname, port } = conn.remoteAddr;
      onStream({ stream: conn, peer: { hostname: plainIPv4(hostname), port } });
    } catch (error) {
      closeQuietly(conn);
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    this.#onError(error instanceof Error ? error : new Error(`${error}`));
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(acceptPause, resolve);
      this.#goOn = () => {
        cancel();
        resolve();
      };
    });
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
    throw new ListenError(options.bind, options.port, error);
  }
  return new TcpListener(acceptor, options);
}

/**
 * A listener on `::` sees IPv4 peers as `::ffff:192.0.2.1`. Limits and logs
 * must know them by the address they have everywhere else.
 */
function plainIPv4(hostname: string): string {
  return hostname.startsWith("::ffff:") && hostname.includes(".")
    ? hostname.slice(7)
    : hostname;
}
