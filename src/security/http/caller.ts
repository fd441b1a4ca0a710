import type { Clock } from "../../clock/mod.ts";
import { ask, type WebAnswer, WebError } from "./request.ts";

/** Options of requests to a server. */
export interface CallerOptions {
  /** Requests under way at once; more wait. */
  readonly maxRequests: number;
  /** Milliseconds that an answer may take, and the waiting for a turn before. */
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

/** Characters that waiting requests may hold: clients choose their passwords. */
const MOST_HELD = 16 << 20;

/** An answer says yes or no and lists some filters (bytes). */
const LARGEST = 64 * 1024;

/** A question that waits for its turn. */
interface Waiting {
  readonly size: number;
  /** When it began to wait (ms). */
  readonly since: number;
  /** Its turn has come. */
  readonly wake: () => void;
  /** It has waited too long. */
  readonly refuse: () => void;
}

/** Asks a server, with a limited number of requests at once. */
export class Caller {
  readonly #options: CallerOptions;
  readonly #clock: Clock;
  readonly #waiting: Waiting[] = [];
  /** Characters of those that wait. */
  #held = 0;
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
    await this.#turn(url, body.length);
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

  async #turn(url: string, size: number): Promise<void> {
    if (this.#underWay < this.#options.maxRequests) {
      this.#underWay++;
      return;
    }
    const tooMuch = () => new WebError(url, "has too many requests waiting");
    if (
      this.#waiting.length >= MOST_WAITING || this.#held + size > MOST_HELD
    ) throw tooMuch();
    this.#held += size;
    await new Promise<void>((wake, reject) => {
      const refuse = () => reject(tooMuch());
      this.#waiting.push({ size, since: this.#clock.now(), wake, refuse });
    });
  }

  /**
   * Gives the turn to the oldest request, without a gap for a new one. A request
   * that waited too long is dropped: its client has probably gone, and a crowd
   * of those must not delay the others.
   */
  #pass(): void {
    const oldest = this.#clock.now() - this.#options.timeout;
    for (;;) {
      const next = this.#waiting.shift();
      if (next === undefined) {
        this.#underWay--;
        return;
      }
      this.#held -= next.size;
      if (next.since >= oldest) return next.wake();
      next.refuse();
    }
  }
}
