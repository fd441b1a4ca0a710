import type { Clock } from "../../clock/mod.ts";
import { ReasonCode } from "../../mqtt/mod.ts";
import type { Credentials } from "../authenticator.ts";
import type { Link, Verdict } from "../chain/mod.ts";
import { hasNoCredentials, identityOf } from "../identity.ts";
import { AnswerCache, nameOf } from "./answer_cache.ts";
import type { Caller } from "./caller.ts";
import type { Preset, WebVerdict } from "./preset.ts";

/** Options of the link that asks a web server about logins. */
export interface HttpLinkOptions {
  /** URL for logins. */
  readonly url: string;
  /** Format of requests and answers. */
  readonly preset: Preset;
  /** Milliseconds that a yes holds; 0 asks each time. */
  readonly cache: number;
  /** Effect of a failing server. */
  readonly onError: "deny" | "ignore";
}

const REFUSED = {
  kind: "deny",
  reasonCode: ReasonCode.BadUserNameOrPassword,
} as const;

/** The link that asks a web server who may come in. */
export class HttpLink implements Link {
  readonly name: string;
  readonly #options: HttpLinkOptions;
  readonly #caller: Caller;
  readonly #clock: Clock;
  readonly #cache: AnswerCache<WebVerdict>;

  /** Asks nothing yet. */
  constructor(
    name: string,
    options: HttpLinkOptions,
    caller: Caller,
    clock: Clock,
  ) {
    this.name = name;
    this.#options = options;
    this.#caller = caller;
    this.#clock = clock;
    this.#cache = new AnswerCache(options.cache, clock);
  }

  async judge(credentials: Credentials): Promise<Verdict> {
    if (hasNoCredentials(credentials) && credentials.certificate === null) {
      return { kind: "ignore", why: "CONNECT has no credentials" };
    }
    const { url, preset, onError } = this.#options;
    const body = JSON.stringify(preset.login(credentials));
    const name = nameOf(body);
    let answer = this.#cache.get(name);
    if (answer === undefined || this.#isOver(answer)) {
      try {
        answer = await this.#caller.ask(url, body, preset.read);
      } catch (error) {
        const why = (error as Error).message;
        if (onError === "ignore") return { kind: "ignore", why };
        // Not the client's fault: it may come again.
        return { kind: "deny", reasonCode: ReasonCode.ServerUnavailable, why };
      }
      // A no is asked again: the user may be there by then.
      if (answer.kind === "allow") this.#cache.set(name, answer);
    }
    return this.#isOver(answer)
      ? { ...REFUSED, why: "the server accepts it until a time in the past" }
      : verdictOf(answer, credentials);
  }

  #isOver(answer: WebVerdict): boolean {
    return answer.kind === "allow" &&
      (answer.found.expiresAt ?? Infinity) <= this.#clock.date();
  }
}

function verdictOf(answer: WebVerdict, credentials: Credentials): Verdict {
  switch (answer.kind) {
    case "allow":
      return {
        kind: "allow",
        identity: identityOf(credentials, answer.found),
      };
    case "ignore":
      return { kind: "ignore", why: answer.why };
    case "deny":
      return { ...REFUSED, why: answer.why };
  }
}
