import type {
  AuthExchange,
  AuthOutcome,
  Credentials,
} from "../authenticator.ts";
import type { LoginAttempts } from "./login_attempts.ts";

/** Whom an exchange is watched by. */
export interface ExchangeWatch {
  /** Slows down those who guess. */
  readonly attempts: LoginAttempts;
  /** Told of each client that is refused; must not throw. */
  readonly onDenied: (credentials: Credentials, why: string) => void;
}

/**
 * An exchange of a link of the chain. From the step on at which it is known
 * who the client says it is, each step counts as one attempt to log in.
 */
export class GatedExchange implements AuthExchange {
  readonly #exchange: AuthExchange;
  readonly #link: string;
  readonly #credentials: Credentials;
  readonly #watch: ExchangeWatch;

  /** `link` is the name of the link that began it. */
  constructor(
    exchange: AuthExchange,
    link: string,
    credentials: Credentials,
    watch: ExchangeWatch,
  ) {
    this.#exchange = exchange;
    this.#link = link;
    this.#credentials = credentials;
    this.#watch = watch;
  }

  get username(): string | null {
    return this.#exchange.username ?? null;
  }

  async step(bytes: Uint8Array | null): Promise<AuthOutcome> {
    const step = async () => await this.#exchange.step(bytes);
    const { hostname } = this.#credentials;
    // The first step says who it is, and proves nothing yet.
    const outcome = this.username === null
      ? await step()
      : await this.#watch.attempts.judge(this.username, hostname, step);
    if (outcome.kind === "allow") {
      const identity = { ...outcome.identity, link: this.#link };
      return { ...outcome, identity };
    }
    if (outcome.kind === "deny") {
      const why = `${this.#link}: ${outcome.why ?? "refused"}`;
      this.#watch.onDenied(this.#credentials, why);
    }
    return outcome;
  }
}
