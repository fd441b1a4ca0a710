import type { Clock } from "../../../clock/mod.ts";
import { hostAndPort } from "../../../network/mod.ts";

/** An open request has so long to end when the address changes (ms). */
const LAST_ANSWERS = 1000;

/** Answers a request of the peer `from`, an IP address. */
export type Answer = (request: Request, from: string) => Promise<Response>;

/** Serves HTTP at one address, which may change. */
export class HttpServer {
  readonly #clock: Clock;
  readonly #answer: Answer;
  /** Ends the long answers, which would keep a server from ending. */
  readonly #endStreams: () => void;
  #server: Deno.HttpServer<Deno.NetAddr> | null = null;
  #asked = "";

  constructor(clock: Clock, answer: Answer, endStreams: () => void) {
    this.#clock = clock;
    this.#answer = answer;
    this.#endStreams = endStreams;
  }

  /** The port; 0 while nothing is served. */
  get port(): number {
    return this.#server?.addr.port ?? 0;
  }

  /**
   * Serves at `bind` and `port` in place of the address before. Rejects with the
   * system's error, and serves at the address before then.
   */
  async listen(bind: string, port: number): Promise<void> {
    const asked = hostAndPort(bind, port);
    if (this.#server !== null && asked === this.#asked) return;
    const before = this.#server;
    const beforeAsked = this.#asked;
    try {
      this.#open(bind, port);
    } catch (error) {
      // Another address may include the one before, at the same port.
      const isOwn = before !== null && before.addr.port === port &&
        error instanceof Deno.errors.AddrInUse;
      if (!isOwn) throw error;
      const { hostname } = before.addr;
      await this.#end(before);
      try {
        this.#open(bind, port);
      } catch (error) {
        this.#open(hostname, port);
        this.#asked = beforeAsked;
        throw error;
      }
      return;
    }
    if (before !== null) await this.#end(before);
  }

  #open(hostname: string, port: number): void {
    this.#server = Deno.serve({
      hostname,
      port,
      onListen: () => {},
      onError: () => new Response(null, { status: 500 }),
    }, (request, { remoteAddr }) => this.#answer(request, remoteAddr.hostname));
    this.#asked = hostAndPort(hostname, port);
  }

  async #end(server: Deno.HttpServer): Promise<void> {
    this.#endStreams();
    const late = Promise.withResolvers<void>();
    const cancel = this.#clock.after(LAST_ANSWERS, late.resolve);
    await Promise.race([server.shutdown(), late.promise]);
    cancel();
  }
}
