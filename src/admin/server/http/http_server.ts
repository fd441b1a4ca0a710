import type { Clock } from "../../../clock/mod.ts";

/** An open request has so long to end when the address changes (ms). */
const LAST_ANSWERS = 1000;

/** From the end of a server that failed to the next attempt to serve (ms). */
const AGAIN = 1000;

/** Failures that follow each other within this time (ms) are reported once. */
const MINUTE = 60_000;

/** Answers a request of the peer `from`, an IP address. */
export type Answer = (request: Request, from: string) => Promise<Response>;

/** An address, and the certificate that is shown there. */
export interface HttpAddress {
  readonly bind: string;
  readonly port: number;
  /** PEM; null without TLS. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
}

/** Starts a server, as `Deno.serve` does. */
export type Serve = (
  options: Deno.ServeTcpOptions,
  handler: Deno.ServeHandler<Deno.NetAddr>,
) => Deno.HttpServer<Deno.NetAddr>;

/** Serves HTTP at one address, which may change. */
export class HttpServer {
  readonly #clock: Clock;
  readonly #answer: Answer;
  /** Ends the long answers, which would keep a server from ending. */
  readonly #endStreams: () => void;
  readonly #onFailure: (error: Error) => void;
  readonly #serve: Serve;
  #server: Deno.HttpServer<Deno.NetAddr> | null = null;
  #address: HttpAddress | null = null;
  #failedAt = -Infinity;

  /** `onFailure` gets the error that ended a server, which is opened again. */
  constructor(
    clock: Clock,
    answer: Answer,
    endStreams: () => void,
    onFailure: (error: Error) => void,
    serve: Serve = Deno.serve,
  ) {
    this.#clock = clock;
    this.#answer = answer;
    this.#endStreams = endStreams;
    this.#onFailure = onFailure;
    this.#serve = serve;
  }

  /** The port; 0 while nothing is served. */
  get port(): number {
    return this.#server?.addr.port ?? 0;
  }

  /** Whether TLS is served. */
  get isTls(): boolean {
    return this.#address !== null && this.#address.tls !== null;
  }

  /**
   * Serves at `wanted` in place of the address before. Rejects with the system's
   * error, and serves as before then.
   */
  async listen(wanted: HttpAddress): Promise<void> {
    const before = this.#server;
    const address = this.#address;
    if (before === null || address === null) return this.#open(wanted);
    if (JSON.stringify(wanted) === JSON.stringify(address)) return;
    // With port 0 a new certificate must not move the page.
    const isSame = wanted.bind === address.bind && wanted.port === address.port;
    const { port } = before.addr;
    const next = isSame ? { ...wanted, port } : wanted;
    if (next.port === port) {
      // A socket may have one of the addresses of the other.
      await this.#end(before);
      try {
        this.#open(next);
      } catch (error) {
        this.#open({ ...address, port });
        this.#address = address;
        throw error;
      }
    } else {
      this.#open(next);
      await this.#end(before);
    }
    this.#address = wanted;
  }

  #open(address: HttpAddress): void {
    const { bind: hostname, port, tls } = address;
    const serve = this.#serve;
    const server = serve({
      hostname,
      port,
      ...tls,
      onListen: () => {},
      onError: () => new Response(null, { status: 500 }),
    }, (request, { remoteAddr }) => this.#answer(request, remoteAddr.hostname));
    this.#server = server;
    this.#address = address;
    server.finished.catch((error) => {
      if (server !== this.#server) return;
      const now = this.#clock.now();
      if (now - this.#failedAt >= MINUTE) this.#onFailure(error);
      this.#failedAt = now;
      this.#openAgain(server);
    });
  }

  /** Serves again in place of `failed`, as soon as the system allows it. */
  #openAgain(failed: Deno.HttpServer<Deno.NetAddr>): void {
    this.#clock.after(AGAIN, () => {
      if (failed !== this.#server) return;
      const address = this.#address!;
      try {
        // Users know the port, also where 0 was asked for.
        this.#open({ ...address, port: failed.addr.port });
        this.#address = address;
      } catch {
        // Its end has been reported: the address or the descriptors are not free.
        this.#openAgain(failed);
      }
    });
  }

  async #end(server: Deno.HttpServer): Promise<void> {
    this.#endStreams();
    const late = Promise.withResolvers<void>();
    const cancel = this.#clock.after(LAST_ANSWERS, late.resolve);
    // A server that failed has ended already.
    const ended = server.shutdown().catch(() => {});
    await Promise.race([ended, late.promise]);
    cancel();
  }
}
