import type { Cancel, Clock } from "../../clock/mod.ts";
import { shortKey } from "./short_key.ts";

const MINUTE = 60_000;

/** Reasons with lines of their own in a minute; all others share one. */
const MOST_REASONS = 100;

/** Characters of a reason that are kept. */
const LONGEST_REASON = 500;

/** The reason of lines beyond that number. */
export const OTHERS = "other errors";

/** Limits of the lines in a minute. */
export interface ThrottleLimits {
  /** Lines for one reason and one subject, each about another, at least 1. */
  readonly ofOne: number;
  /** Lines for one reason over all subjects, at least 1. */
  readonly ofReason: number;
}

/**
 * Receives, at a minute's end, how many lines for `reason` were left out:
 * those for `subject`, or for all subjects that had no line when it is null.
 */
export type TellRest = (
  reason: string,
  subject: string | null,
  count: number,
) => void;

/** One subject in this minute. */
interface Told {
  /** Keys of the lines that were written. */
  readonly whom: Set<string>;
  rest: number;
}

/** One reason in this minute. */
interface Lines {
  readonly reason: string;
  count: number;
  readonly subjects: Map<string, Told>;
  /** Of subjects that are not in `subjects`. */
  rest: number;
}

/**
 * Throttles log lines that peers can cause. In each minute it admits a few lines
 * for each reason and subject (an address), equal ones once, and counts the rest.
 * Subjects and reasons do not use up the lines of each other.
 */
export class Throttle {
  readonly #clock: Clock;
  readonly #limits: ThrottleLimits;
  readonly #tellRest: TellRest;
  #reasons = new Map<string, Lines>();
  #minute: Cancel | null = null;

  /** `tellRest` gets reasons cut to 500 characters. */
  constructor(clock: Clock, limits: ThrottleLimits, tellRest: TellRest) {
    this.#clock = clock;
    this.#limits = limits;
    this.#tellRest = tellRest;
  }

  /**
   * Returns whether to write this line; else counts it. `whom` distinguishes
   * lines of one subject: a client id and a cause, say.
   */
  admits(
    reason: string,
    subject: string,
    ...whom: readonly (string | null)[]
  ): boolean {
    this.#minute ??= this.#clock.after(MINUTE, () => this.#next());
    const lines = this.#of(reason);
    const isFull = lines.count >= this.#limits.ofReason;
    let told = lines.subjects.get(subject);
    if (told === undefined) {
      if (isFull) {
        lines.rest++;
        return false;
      }
      told = { whom: new Set(), rest: 0 };
      lines.subjects.set(subject, told);
    }
    const key = shortKey(...whom);
    if (isFull || told.whom.size >= this.#limits.ofOne || told.whom.has(key)) {
      told.rest++;
      return false;
    }
    told.whom.add(key);
    lines.count++;
    return true;
  }

  #of(reason: string): Lines {
    const key = shortKey(reason);
    const lines = this.#reasons.get(key);
    if (lines !== undefined) return lines;
    return this.#reasons.size < MOST_REASONS
      ? this.#add(key, reason)
      : this.#reasons.get(OTHERS) ?? this.#add(OTHERS, OTHERS);
  }

  #add(key: string, reason: string): Lines {
    const kept = reason.slice(0, LONGEST_REASON);
    const lines = { reason: kept, count: 0, subjects: new Map(), rest: 0 };
    this.#reasons.set(key, lines);
    return lines;
  }

  /** Reports the counts of omitted lines, and ends the timer. */
  stop(): void {
    this.#minute?.();
    this.#next();
  }

  #next(): void {
    this.#minute = null;
    const reasons = this.#reasons;
    this.#reasons = new Map();
    for (const { reason, subjects, rest } of reasons.values()) {
      for (const [subject, told] of subjects) {
        if (told.rest > 0) this.#tellRest(reason, subject, told.rest);
      }
      if (rest > 0) this.#tellRest(reason, null, rest);
    }
  }
}
