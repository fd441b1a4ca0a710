import { type Clock, SystemClock } from "../../clock/mod.ts";
import { CodedError } from "../../errors/mod.ts";
import {
  BrowserSessions,
  CredentialFile,
  Credentials,
  type FirstLogin,
} from "../credentials/mod.ts";
import {
  type AdminConfiguration,
  type AdminFailure,
  type AdminListening,
  pack,
  unpack,
} from "../protocol/mod.ts";
import { AdminApp } from "./admin_app.ts";
import { BrokerLink } from "./broker_link.ts";
import type { CallerParts } from "./callers/caller.ts";
import { EventHub } from "./event_hub.ts";
import { HttpServer } from "./http/http_server.ts";
import { Logins } from "./callers/logins.ts";

/** The parts that the first configuration makes. */
interface WorkerParts {
  readonly server: HttpServer;
  readonly credentials: Credentials;
}

/** The program of the admin thread: HTTP on one side, the broker on the other. */
export class AdminWorker {
  readonly #post: (text: string) => void;
  readonly #clock: Clock = new SystemClock();
  readonly #broker: BrokerLink;
  readonly #events: EventHub;
  #configuration: AdminConfiguration | null = null;
  #parts: WorkerParts | null = null;
  #first: Promise<FirstLogin | null> | null = null;
  #configuring: Promise<void> = Promise.resolve();

  /** `post` sends a message to the broker's thread. */
  constructor(post: (text: string) => void) {
    this.#post = post;
    this.#broker = new BrokerLink(post, this.#clock);
    this.#events = new EventHub((names) => this.#broker.channels(names));
    this.#outliveMistakes();
  }

  /** Takes a message from the broker's thread. */
  receive(text: string): void {
    const { words: [kind, word], body } = unpack(text);
    switch (kind) {
      case "figures":
        this.#broker.figures = body;
        this.#events.send("figures", body);
        void this.#events.judge();
        return;
      case "push":
        return this.#events.send(word, body);
      case "result":
        return this.#broker.answered(word, body);
      case "refusal":
        return this.#broker.refused(word, body);
      case "configure": {
        const wanted = JSON.parse(body) as AdminConfiguration;
        this.#configuring = this.#configuring.then(() =>
          this.#configure(word, wanted)
        );
      }
    }
  }

  /** Serves as `wanted` says, or goes on as before; answers either way. */
  async #configure(id: string, wanted: AdminConfiguration): Promise<void> {
    const before = this.#configuration;
    try {
      this.#configuration = wanted;
      this.#parts ??= this.#makeParts(wanted);
      const { server, credentials } = this.#parts;
      const { bind, port: asked, tls } = wanted;
      await server.listen({ bind, port: asked, tls });
      // Only now: a start that fails must not make a user that is never shown.
      this.#first ??= credentials.begin();
      const first = before === null ? await this.#first : null;
      const { port } = server;
      const listening: AdminListening = { bind, port, first };
      this.#post(pack(["listening", id], listening));
    } catch (error) {
      this.#configuration = before;
      const { name, message } = error as Error;
      const code = error instanceof CodedError ? error.code : null;
      const failure: AdminFailure = { name, code, message };
      this.#post(pack(["failed", id], failure));
    }
  }

  #makeParts({ file, users }: AdminConfiguration): WorkerParts {
    const clock = this.#clock;
    const keep = (text: string) => this.#post(pack(["users"], text));
    const state = new CredentialFile(file, clock, users, keep);
    const credentials = new Credentials(state, clock);
    const sessions = new BrowserSessions(clock);
    // Browsers send a cookie to all ports of its host.
    const cookieName = () => `dunlin_${server.port}`;
    const callers: CallerParts = { credentials, sessions, cookieName };
    const logins = new Logins({ ...callers, clock, isTls: () => server.isTls });
    const app = new AdminApp({
      clock,
      broker: this.#broker,
      events: this.#events,
      logins,
      callers,
      bind: () => this.#configuration!.bind,
      hostNames: () => this.#configuration!.hostNames,
      metrics: () => this.#configuration!,
    });
    const server: HttpServer = new HttpServer(
      clock,
      (request, from) => app.answer(request, from),
      () => this.#events.close(),
      ({ message }) =>
        this.#broker.note({
          level: "error",
          event: "admin-lost",
          fields: {
            code: "admin-failed",
            error: `the admin page takes no connections: ${message}; ` +
              "it tries again every second",
          },
        }),
    );
    return { server, credentials };
  }

  /** Logs errors that nothing caught; they end neither thread. */
  #outliveMistakes(): void {
    for (const name of ["log", "info", "warn", "error", "debug"] as const) {
      console[name] = (...all: unknown[]) =>
        this.#broker.note({
          level: "warn",
          event: "runtime",
          fields: { text: all.map(String).join(" ") },
        });
    }
    const tell = (event: Event, error: unknown) => {
      event.preventDefault();
      const text = error instanceof Error ? error.stack : String(error);
      this.#broker.note({
        level: "error",
        event: "failed",
        fields: { client: null, code: "internal-error", error: text },
      });
    };
    globalThis.addEventListener("error", (event) => tell(event, event.error));
    globalThis.addEventListener(
      "unhandledrejection",
      (event) => tell(event, event.reason),
    );
  }
}
