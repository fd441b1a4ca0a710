import { createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { plainAddress } from "../../network/mod.ts";
import { type ArrivalOptions, Arrivals } from "./arrivals.ts";
import type { Begin } from "./beginning_listener.ts";
import type {
  Accepted,
  Listener,
  PeerAddress,
} from "../streams/byte_stream.ts";
import { ListenError } from "./listen_error.ts";
import { Pulse } from "./pulse.ts";
import { TlsServer } from "../tls/tls_handshake.ts";
import type { TlsOptions } from "../streams/tls_ports.ts";

/** Options of a TLS listener. */
export interface TlsListenOptions extends ArrivalOptions {
  /** As for TCP. */
  readonly bind: string;
  /** 0 to 65535; 0 takes a free port. */
  readonly port: number;
  /** The options of TLS. */
  readonly tls: TlsOptions;
  /** Called before the handshake; throws `RefusedError` for a refused peer. */
  readonly admit: (peer: PeerAddress) => void;
  /** The steps behind the handshake. */
  readonly begin: Begin;
  /** Receives each failed accept; the listener goes on. */
  readonly onError: (error: Error) => void;
}

/**
 * Accepts TLS on a port of its own. The sockets are Node's from the beginning:
 * TLS on top of those costs half of what it costs on a stream of ours.
 */
export class TlsListener implements Listener {
  /** Address that it listens on; `port` is the real one in place of 0. */
  readonly address: PeerAddress;
  #server: Server;
  readonly #options: TlsListenOptions;
  readonly #tls: TlsServer;
  readonly #arrivals: Arrivals;
  readonly #pulse: Pulse;
  readonly #closed = Promise.withResolvers<void>();
  #onStream: ((accepted: Accepted) => void) | null = null;
  #isClosed = false;
  /** Sockets that came before `serve` was called. */
  #waiting: Socket[] = [];

  /** `server` listens already; see `openTlsListener`. */
  constructor(server: Server, options: TlsListenOptions) {
    const { address, port } = server.address() as AddressInfo;
    this.address = { hostname: address, port };
    this.#server = server;
    this.#options = options;
    this.#tls = new TlsServer(options.tls, options.clock);
    this.#arrivals = new Arrivals(options);
    this.#pulse = new Pulse({
      clock: options.clock,
      address: this.address,
      take: (socket) => this.#take(socket),
      revive: () => this.#listenAgain(),
    });
    this.#hear(server);
  }

  #hear(server: Server): void {
    server.on("connection", (socket: Socket) => this.#pulse.accepted(socket));
    server.on("error", this.#options.onError);
  }

  /** Listens again: connections stay, peers not yet accepted must connect again. */
  async #listenAgain(): Promise<void> {
    this.#server.close();
    const { hostname: bind, port } = this.address;
    try {
      const server = await listenOn(bind, port);
      if (this.#isClosed) return void server.close();
      this.#server = server;
      this.#hear(server);
      this.#options.onError(
        new Error(
          "the listener had stopped accepting, as after too many open " +
            "files; it listens again. Raise the limit of open files " +
            "(ulimit -n, LimitNOFILE) or lower max_connections",
        ),
      );
    } catch (error) {
      // The next check tries again.
      this.#options.onError(error as Error);
    }
  }

  serve(onStream: (accepted: Accepted) => void): Promise<void> {
    this.#onStream = onStream;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const socket of waiting) this.#take(socket);
    return this.#closed.promise;
  }

  close(): void {
    this.#isClosed = true;
    this.#pulse.close();
    this.#server.close();
    for (const socket of this.#waiting) socket.destroy();
    this.#waiting = [];
    this.#arrivals.close();
    this.#closed.resolve();
  }

  #take(socket: Socket): void {
    if (this.#onStream === null) {
      this.#waiting.push(socket);
      return;
    }
    // The runtime ignores the option of `createServer` for it.
    socket.setKeepAlive(true);
    const { remoteAddress, remotePort } = socket;
    const peer = {
      hostname: plainAddress(remoteAddress ?? ""),
      port: remotePort ?? 0,
    };
    this.#arrivals.take({
      peer,
      close: () => socket.destroy(),
      begin: async (name) => {
        this.#options.admit(peer);
        const started = await this.#tls.start(socket);
        return await this.#options.begin({ ...started, peer }, name);
      },
    }, this.#onStream);
  }
}

/**
 * Listens for TLS. Rejects with a `ListenError` when the address is in use, not
 * permitted, not this machine's, or invalid.
 */
export async function openTlsListener(
  options: TlsListenOptions,
): Promise<TlsListener> {
  const { bind, port } = options;
  return new TlsListener(await listenOn(bind, port), options);
}

function listenOn(bind: string, port: number): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(ListenError.of(bind, port, error));
    server.once("error", fail);
    try {
      server.listen({ host: bind, port, backlog: 4096 }, () => {
        server.off("error", fail);
        resolve(server);
      });
    } catch (error) {
      // For an invalid port `listen` throws.
      fail(error);
    }
  });
}
