import { createHmac, randomBytes } from "node:crypto";
import type { Clock } from "../../clock/mod.ts";

/** Answers kept; then the oldest are forgotten. */
const MOST = 10_000;

/** Names of answers cannot be turned back into what was asked, nor searched. */
const nameKey = randomBytes(32);

/**
 * Returns the name under which the answer to `question` is kept; tells nothing
 * of it.
 */
export function nameOf(question: string): string {
  return createHmac("sha256", nameKey).update(question).digest("base64");
}

/** An answer, and how long it holds. */
interface Kept<T> {
  readonly answer: T;
  /** In ms, by the clock. */
  readonly until: number;
}

/** Answers that hold for some time. */
export class AnswerCache<T> {
  readonly #kept = new Map<string, Kept<T>>();
  readonly #clock: Clock;
  readonly #lasts: number;

  /** `lasts` is in ms; 0 keeps nothing. */
  constructor(lasts: number, clock: Clock) {
    this.#lasts = lasts;
    this.#clock = clock;
  }

  /** Undefined when none is kept that still holds. */
  get(name: string): T | undefined {
    const kept = this.#kept.get(name);
    if (kept === undefined) return undefined;
    if (this.#clock.now() < kept.until) return kept.answer;
    this.#kept.delete(name);
    return undefined;
  }

  /** Keeps it. */
  set(name: string, answer: T): void {
    if (this.#lasts === 0) return;
    // Set anew, it is the youngest again.
    this.#kept.delete(name);
    this.#kept.set(name, { answer, until: this.#clock.now() + this.#lasts });
    if (this.#kept.size <= MOST) return;
    const [oldest] = this.#kept.keys();
    this.#kept.delete(oldest);
  }
}
