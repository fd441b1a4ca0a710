import assert from "node:assert/strict";
import type { AdminAddress } from "../../src/broker/mod.ts";
import { TestBroker, type TestBrokerOptions } from "../support/test_broker.ts";

/** An answer of the admin page, read to its end. */
export interface AdminAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; undefined where it is none. */
  // deno-lint-ignore no-explicit-any
  readonly json: any;
}

/** How a request is sent. */
export interface AdminRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is. */
  readonly raw?: BodyInit;
}

/** A caller of the API, by cookie or token or without a login. */
export class AdminCaller {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
    this.#url = url;
    this.#headers = headers;
  }

  /** Sends a request; `path` is relative to the page. */
  async send(path: string, request: AdminRequest = {}): Promise<AdminAnswer> {
    return await answerOf(await this.fetch(path, request));
  }

  /** Sends a request; returns the status, and reads no body. */
  async status(path: string, request: AdminRequest = {}): Promise<number> {
    const { status, body } = await this.fetch(path, request);
    await body?.cancel();
    return status;
  }

  /** Sends a request; the caller reads the body. */
  fetch(path: string, request: AdminRequest = {}): Promise<Response> {
    const { method = "GET", headers = {}, body, raw } = request;
    const json: Record<string, string> = {};
    if (body !== undefined) json["content-type"] = "application/json";
    return fetch(this.#url + path, {
      method,
      redirect: "manual",
      headers: { ...json, ...this.#headers, ...headers },
      body: body === undefined ? raw : JSON.stringify(body),
    });
  }

  /** Returns a caller that sends the same headers, and these. */
  with(headers: Readonly<Record<string, string>>): AdminCaller {
    return new AdminCaller(this.#url, { ...this.#headers, ...headers });
  }
}

async function answerOf(response: Response): Promise<AdminAnswer> {
  const { status, headers } = response;
  const text = await response.text();
  const isJson = /\/(problem\+)?json/.test(headers.get("content-type") ?? "");
  const json = isJson ? JSON.parse(text) : undefined;
  return { status, headers, text, json };
}

/** A test broker with a real admin page, on a free port. */
export class AdminBroker {
  readonly test: TestBroker;
  /** The page, with a slash at its end. */
  readonly url: string;
  /** The first user. */
  readonly first: NonNullable<AdminAddress["first"]>;
  /** Without a login. */
  readonly anyone: AdminCaller;

  private constructor(test: TestBroker, { port, first }: AdminAddress) {
    this.test = test;
    this.url = `http://127.0.0.1:${port}/`;
    this.first = first!;
    this.anyone = new AdminCaller(this.url);
  }

  /** Starts one; its users are kept in memory. */
  static async start(options: TestBrokerOptions = {}): Promise<AdminBroker> {
    const test = new TestBroker({
      ...options,
      listener: { port: 0, ...options.listener },
      admin: { enabled: true, port: 0, ...options.admin },
    });
    await test.broker.start();
    return new AdminBroker(test, test.broker.steering.admin!);
  }

  /** Logs in as the first user; `headers` for changes are among those sent. */
  async logIn(): Promise<AdminCaller> {
    const { user, password } = this.first;
    const { status, headers, json } = await this.anyone.send("api/v1/session", {
      method: "POST",
      body: { user, password },
    });
    assert.equal(status, 200);
    const cookie = headers.get("set-cookie")!.split(";")[0];
    return this.anyone.with({ cookie, "x-csrf-token": json.csrf });
  }

  /** Returns a program with a token of this role. */
  async program(role: "viewer" | "admin"): Promise<AdminCaller> {
    const admin = await this.logIn();
    const { json } = await admin.send("api/v1/tokens", {
      method: "POST",
      body: { name: role, role },
    });
    return this.anyone.with({ authorization: `Bearer ${json.token}` });
  }

  /** Stops page and broker. */
  async stop(): Promise<void> {
    await this.test.stop();
  }
}

/** A named test with a broker of its own, which is stopped in the end. */
export function adminTest(
  name: string,
  body: (broker: AdminBroker, t: Deno.TestContext) => Promise<void>,
  options: TestBrokerOptions = {},
): void {
  Deno.test(name, async (t) => {
    const broker = await AdminBroker.start(options);
    try {
      await body(broker, t);
    } finally {
      await broker.stop();
    }
  });
}
