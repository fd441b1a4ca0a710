import type { Clock } from "../../clock/mod.ts";
import { ask, type WebAnswer, WebError } from "./request.ts";

/** How a server is asked. */
export interface CallerOptions {
  /** Requests under way at once; more wait. */
  readonly maxRequests: number;
  /** Milliseconds that an answer may take, the waiting before it not counted. */
  readonly timeout: number;
  /** The header `Authorization`; "" sends none. */
  readonly authorization: string;
  /** Told when the server fails, once until it works; must not throw. */
  readonly onTrouble: (error: Error) => void;
  /** Told when that is over; must not throw. */
  readonly onRecovered: () => void;
}

/** Questions that wait for others to be answered; more are not asked. */
const MOST_WAITING = 10_000;

/** An answer says yes or no and lists some filters (bytes). */
const LARGEST = 64 * 1024;

/** Asks a server, so many questions at once and no more. */
export class Caller {
  readonly #options: CallerOptions;
  readonly #clock: Clock;
  readonly #waiting: (() => void)[] = [];
  #underWay = 0;
  #isFailing = false;

  /** Asks nothing yet. */
  constructor(options: CallerOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  /**
   * Posts `body`, JSON, and resolves to what `read` makes of the answer.
   * Rejects with `WebError` when there is none, and as `read` does for one
   * that means that the server fails.
   */
  async ask<T>(
    url: string,
    body: string,
    read: (answer: WebAnswer) => T,
  ): Promise<T> {
    await this.#turn(url);
    const { timeout, authorization } = this.#options;
    try {
      const answer = read(
        await ask(
          { url, body, authorization, timeout, largest: LARGEST },
          this.#clock,
        ),
      );
      if (this.#isFailing) this.#options.onRecovered();
      this.#isFailing = false;
      return answer;
    } catch (error) {
      if (!this.#isFailing) this.#options.onTrouble(error as Error);
      this.#isFailing = true;
      throw error;
    } finally {
      this.#pass();
    }
  }

  async #turn(url: string): Promise<void> {
    if (this.#underWay >= this.#options.maxRequests) {
      if (this.#waiting.length >= MOST_WAITING) {
        throw new WebError(url, "is asked too much already");
      }
      return await new Promise<void>((wake) => this.#waiting.push(wake));
    }
    this.#underWay++;
  }

  /** The turn goes to who waits longest; nobody can come in between. */
  #pass(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#underWay--;
    else next();
  }
}
