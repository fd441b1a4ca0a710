import { createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { plainAddress } from "../network/mod.ts";
import { type ArrivalOptions, Arrivals } from "./arrivals.ts";
import type { Begin } from "./beginning_listener.ts";
import type { Accepted, Listener, PeerAddress } from "./byte_stream.ts";
import { ListenError } from "./listen_error.ts";
import { TlsServer } from "./tls_handshake.ts";
import type { TlsOptions } from "./tls_ports.ts";

/** Where and how to listen for TLS. */
export interface TlsListenOptions extends ArrivalOptions {
  /** As for TCP. */
  readonly bind: string;
  /** 0 to 65535; 0 takes a free port. */
  readonly port: number;
  /** How it speaks TLS. */
  readonly tls: TlsOptions;
  /** Asked before the handshake; throws `RefusedError` for whom it keeps out. */
  readonly admit: (peer: PeerAddress) => void;
  /** What comes behind the handshake. */
  readonly begin: Begin;
  /** Told of each failed accept; the listener goes on. */
  readonly onError: (error: Error) => void;
}

/**
 * Accepts TLS on a port of its own. The sockets are Node's from the beginning:
 * TLS on top of those costs half of what it costs on a stream of ours.
 */
export class TlsListener implements Listener {
  /** Where it listens; `port` is the real one when 0 was asked for. */
  readonly address: PeerAddress;
  readonly #server: Server;
  readonly #options: TlsListenOptions;
  readonly #tls: TlsServer;
  readonly #arrivals: Arrivals;
  readonly #closed = Promise.withResolvers<void>();
  #onStream: ((accepted: Accepted) => void) | null = null;
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
    server.on("connection", (socket: Socket) => this.#take(socket));
    server.on("error", options.onError);
  }

  serve(onStream: (accepted: Accepted) => void): Promise<void> {
    this.#onStream = onStream;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const socket of waiting) this.#take(socket);
    return this.#closed.promise;
  }

  close(): void {
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
    const { remoteAddress, remotePort } = socket;
    const peer = {
      hostname: plainAddress(remoteAddress ?? ""),
      port: remotePort ?? 0,
    };
    this.#arrivals.take(
      peer,
      () => socket.destroy(),
      () => this.#begin(socket, peer),
      this.#onStream,
    );
  }

  async #begin(socket: Socket, peer: PeerAddress): Promise<Accepted> {
    this.#options.admit(peer);
    const started = await this.#tls.start(socket);
    return await this.#options.begin({ ...started, peer });
  }
}

/**
 * Listens for TLS. Rejects with a `ListenError` when the address is in use,
 * not permitted, not this machine's, or no address at all.
 */
export function openTlsListener(
  options: TlsListenOptions,
): Promise<TlsListener> {
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  const { bind, port } = options;
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(ListenError.of(bind, port, error));
    server.once("error", fail);
    try {
      server.listen({ host: bind, port, backlog: 4096 }, () => {
        server.off("error", fail);
        resolve(new TlsListener(server, options));
      });
    } catch (error) {
      // A port that is none is thrown, not told.
      fail(error);
    }
  });
}
