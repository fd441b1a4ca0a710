import type {
  AuthExchange,
  AuthOutcome,
  Credentials,
} from "../authenticator.ts";
import type { LoginAttempts } from "./login_attempts.ts";

/** An exchange, and the name of the link that began it. */
export interface BegunExchange {
  readonly link: string;
  readonly exchange: AuthExchange;
}

/**
 * The exchanges of all links that know the method, until the first step says
 * which link knows the client: the first of them goes on, or the first of all
 * where none does. From the step on at which it is known who the client says it
 * is, each step counts as one attempt to log in.
 */
export class GatedExchange implements AuthExchange {
  #begun: readonly BegunExchange[];
  readonly #credentials: Credentials;
  readonly #attempts: LoginAttempts;

  /**
   * `begun` is not empty, and in the order of the chain; `attempts`
   * slows guessing.
   */
  constructor(
    begun: readonly BegunExchange[],
    credentials: Credentials,
    attempts: LoginAttempts,
  ) {
    this.#begun = begun;
    this.#credentials = credentials;
    this.#attempts = attempts;
  }

  get username(): string | null {
    return this.#begun[0].exchange.username ?? null;
  }

  async step(bytes: Uint8Array | null): Promise<AuthOutcome> {
    const step = async () => await this.#step(bytes);
    const { hostname } = this.#credentials;
    // The first step says who it is, and proves nothing yet.
    const outcome = this.username === null
      ? await step()
      : await this.#attempts.judge(this.username, hostname, step);
    if (outcome.kind === "allow") {
      const identity = { ...outcome.identity, link: this.#begun[0].link };
      return { ...outcome, identity };
    }
    if (outcome.kind === "deny") {
      const why = `${this.#begun[0].link}: ${outcome.why ?? "refused"}`;
      return { ...outcome, why };
    }
    return outcome;
  }

  /** Asks all: the time does not tell which link knows the name, or whether. */
  async #step(bytes: Uint8Array | null): Promise<AuthOutcome> {
    const begun = this.#begun;
    const outcomes: AuthOutcome[] = [];
    for (const { exchange } of begun) outcomes.push(await exchange.step(bytes));
    const known = begun.findIndex(({ exchange }) => exchange.isKnown ?? true);
    const chosen = Math.max(0, known);
    this.#begun = [begun[chosen]];
    return outcomes[chosen];
  }
}
