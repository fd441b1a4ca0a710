import type { Clock } from "../../clock/mod.ts";
import type { RemoteAccess } from "../access/mod.ts";
import type { Identity } from "../authenticator.ts";
import type { AccessQuestion } from "../authorizer.ts";
import { AnswerCache, nameOf } from "./answer_cache.ts";
import type { Caller } from "./caller.ts";
import type { Preset, WebVerdict } from "./preset.ts";
import { type Denial, RecentDenials } from "./recent_denials.ts";

/** Options of an access server. */
export interface HttpAccessOptions {
  /** URL for questions of access. */
  readonly url: string;
  /** URL that decides whether a user may do everything; "" for none. */
  readonly superuserUrl: string;
  /** Format of requests and answers. */
  readonly preset: Preset;
  /** Milliseconds that an answer holds; 0 asks each time. */
  readonly cache: number;
}

/** Answer of a server; `failed` is never kept. */
type Answer = WebVerdict["kind"] | "failed";

/** Asks a web server what a client may do. */
export class HttpAccess {
  /** The server's address, without what may be secret in it. */
  readonly name: string;
  readonly #options: HttpAccessOptions;
  readonly #caller: Caller;
  readonly #cache: AnswerCache<Answer>;
  readonly #denials = new RecentDenials();
  /** Questions under way, by name: equal questions share one request. */
  readonly #underWay = new Map<string, Promise<Answer>>();

  /** Asks nothing yet. */
  constructor(options: HttpAccessOptions, caller: Caller, clock: Clock) {
    const { origin, pathname } = new URL(options.url);
    this.name = origin + pathname;
    this.#options = options;
    this.#caller = caller;
    this.#cache = new AnswerCache(options.cache, clock);
  }

  /**
   * Returns what the server says; at once where that is known. Never rejects.
   */
  ask(
    identity: Identity,
    question: AccessQuestion,
  ): Answer | Promise<Answer> {
    const { url, superuserUrl, preset } = this.#options;
    const asked = () =>
      this.#answer(url, JSON.stringify(preset.access(identity, question)));
    // A client without a user name cannot be a superuser.
    if (superuserUrl === "" || identity.username === null) return asked();
    const isSuper = this.#answer(
      superuserUrl,
      JSON.stringify(preset.superuser(identity)),
    );
    const then = (answer: Answer) => answer === "allow" ? answer : asked();
    return typeof isSuper === "string" ? then(isSuper) : isSuper.then(then);
  }

  /** Returns its last answer if that denied; null if it remembers none. */
  denial(identity: Identity, question: AccessQuestion): Denial | null {
    const { url, preset } = this.#options;
    const body = JSON.stringify(preset.access(identity, question));
    return this.#denials.get(nameOf(`${url}\n${body}`));
  }

  #answer(url: string, body: string): Answer | Promise<Answer> {
    const name = nameOf(`${url}\n${body}`);
    const known = this.#cache.get(name) ?? this.#underWay.get(name);
    if (known !== undefined) return known;
    const { preset } = this.#options;
    const answer = this.#caller.ask(url, body, preset.read).then(
      (answer) => {
        this.#cache.set(name, answer.kind);
        this.#note(name, answer);
        return answer.kind;
      },
      (error): Answer => {
        const { message } = error as Error;
        const reason = `${this.name} fails: ${message}`;
        this.#denials.add(name, { kind: "failed", reason });
        return "failed";
      },
    ).finally(() => this.#underWay.delete(name));
    this.#underWay.set(name, answer);
    return answer;
  }

  #note(name: string, answer: WebVerdict): void {
    if (answer.kind === "allow") return;
    const { kind, why } = answer;
    const reason = kind === "deny"
      ? `denied by ${this.name}: ${why}`
      : `${this.name} does not decide: ${why}`;
    this.#denials.add(name, { kind, reason });
  }
}

/** A server, and what it means when it fails. */
export interface AskedServer {
  readonly server: HttpAccess;
  readonly onError: "deny" | "ignore";
}

/**
 * Asks servers one after the other until one decides. With `on_error = "ignore"`
 * a failing server is skipped. A question that none decides is denied.
 */
export class HttpAccessChain implements RemoteAccess {
  readonly name: string;
  readonly #servers: readonly AskedServer[];

  /** In the order in which they are asked; at least one. */
  constructor(servers: readonly AskedServer[]) {
    this.#servers = servers;
    this.name = servers.map(({ server }) => server.name).join(", then ");
  }

  ask(
    identity: Identity,
    question: AccessQuestion,
  ): boolean | Promise<boolean> {
    return this.#askFrom(0, identity, question);
  }

  denial(identity: Identity, question: AccessQuestion): string | null {
    let reason: string | null = null;
    for (const { server, onError } of this.#servers) {
      const denial = server.denial(identity, question);
      reason = denial?.reason ?? reason;
      // The next server was not asked; its denial is of another time.
      if (denial === null || !goesOn(denial.kind, onError)) break;
    }
    return reason;
  }

  #askFrom(
    index: number,
    identity: Identity,
    question: AccessQuestion,
  ): boolean | Promise<boolean> {
    if (index === this.#servers.length) return false;
    const { server, onError } = this.#servers[index];
    const then = (answer: Answer) => {
      return goesOn(answer, onError)
        ? this.#askFrom(index + 1, identity, question)
        : answer === "allow";
    };
    const answer = server.ask(identity, question);
    return typeof answer === "string" ? then(answer) : answer.then(then);
  }
}

/** Returns whether the next server is asked after this answer. */
function goesOn(answer: Answer, onError: AskedServer["onError"]): boolean {
  return answer === "ignore" || (answer === "failed" && onError === "ignore");
}
