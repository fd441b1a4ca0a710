/** A request that a test's web server got. */
export interface WebCall {
  /** Path and query. */
  readonly path: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: string;
}

/** A web server of this process that notes what it is asked. */
export class WebServer implements AsyncDisposable {
  readonly calls: WebCall[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  /** How it answers; may be changed at any time. */
  answer: (call: WebCall) => Response | Promise<Response>;

  /** Listens on a free port of this machine. */
  constructor(answer: (call: WebCall) => Response | Promise<Response>) {
    this.answer = answer;
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      async (request) => {
        const { pathname, search } = new URL(request.url);
        const call = {
          path: pathname + search,
          method: request.method,
          headers: request.headers,
          body: await request.text(),
        };
        this.calls.push(call);
        return await this.answer(call);
      },
    );
  }

  /** Like `http://127.0.0.1:1234`. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}
