import type { Clock } from "../../../clock/mod.ts";

/** An open request has so long to end when the address changes (ms). */
const LAST_ANSWERS = 1000;

/** Answers a request of the peer `from`, an IP address. */
export type Answer = (request: Request, from: string) => Promise<Response>;

/** An address, and the certificate that is shown there. */
export interface HttpAddress {
  readonly bind: string;
  readonly port: number;
  /** PEM; null without TLS. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
}

/** Serves HTTP at one address, which may change. */
export class HttpServer {
  readonly #clock: Clock;
  readonly #answer: Answer;
  /** Ends the long answers, which would keep a server from ending. */
  readonly #endStreams: () => void;
  #server: Deno.HttpServer<Deno.NetAddr> | null = null;
  #address: HttpAddress | null = null;

  constructor(clock: Clock, answer: Answer, endStreams: () => void) {
    this.#clock = clock;
    this.#answer = answer;
    this.#endStreams = endStreams;
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
    this.#server = Deno.serve({
      hostname,
      port,
      ...tls,
      onListen: () => {},
      onError: () => new Response(null, { status: 500 }),
    }, (request, { remoteAddr }) => this.#answer(request, remoteAddr.hostname));
    this.#address = address;
  }

  async #end(server: Deno.HttpServer): Promise<void> {
    this.#endStreams();
    const late = Promise.withResolvers<void>();
    const cancel = this.#clock.after(LAST_ANSWERS, late.resolve);
    await Promise.race([server.shutdown(), late.promise]);
    cancel();
  }
}
