import type { Clock } from "../../clock/mod.ts";

const DAY = 86_400_000;
const MB = 1_000_000;

/** The part of a day's budget that may be written at once. */
const PART = 1 / 24;

/** The longest pause between two writes, ms. */
export const LONGEST_PAUSE = 60_000;

/** The settings of a `WriteBudget`, which may change. */
export interface BudgetSettings {
  /** Bytes that may be written in a day; 0 or undefined = no limit. */
  readonly writeBudget?: number;
  /** Receives that a day's bytes exceed the budget; null once they do not. */
  readonly budgetTrouble?: (trouble: string | null) => void;
}

/**
 * Spreads the bytes that a store may write in a day: an hour's part may be
 * written at once, and each write is paid for by the time that follows it. The
 * calendar decides only on the alarm.
 */
export class WriteBudget {
  readonly #settings: BudgetSettings;
  readonly #clock: Clock;
  /** The end of the alarm: the work that waits. */
  readonly #waiting: string;
  /** Bytes that may be written now; below 0 they are owed. */
  #left = 0;
  /** When `#left` was right, ms. */
  #at: number;
  /** The budget that `#left` is a part of. */
  #budget = 0;
  /** Bytes written in all at the last call. */
  #written = 0;
  #isTold = false;

  /** `waiting` ends the alarm: it names the work that waits. */
  constructor(settings: BudgetSettings, clock: Clock, waiting: string) {
    this.#settings = settings;
    this.#clock = clock;
    this.#waiting = waiting;
    this.#at = clock.now();
  }

  /** Bytes that may be written in a day; 0 = no limit. */
  get bytes(): number {
    return this.#settings.writeBudget ?? 0;
  }

  /** Whether writes that can wait have to. */
  get isShort(): boolean {
    return this.pause > 0;
  }

  /** Time until the next write is paid for, 0 to 60,000 ms. */
  get pause(): number {
    if (!this.#refill() || this.#left >= 0) return 0;
    const ms = Math.ceil(-this.#left / this.#rate);
    return Math.min(LONGEST_PAUSE, ms);
  }

  /**
   * Notes how many bytes were written, in all and today. Called after each
   * commit and every ten seconds: a day also ends without a commit.
   */
  look(written: number, today: number): void {
    const bytes = written - this.#written;
    this.#written = written;
    const isLimited = this.#refill();
    // A snapshot may owe many hours. The budget forgets debts beyond a day:
    // commits of the durable modes could owe weeks.
    this.#left = Math.max(-this.#budget, this.#left - bytes);
    const isOver = isLimited && today > this.#budget;
    if (isOver === this.#isTold) return;
    this.#isTold = isOver;
    this.#settings.budgetTrouble?.(isOver ? this.#text(today) : null);
  }

  /** Returns whether there is a limit. */
  #refill(): boolean {
    const { writeBudget: budget = 0 } = this.#settings;
    const now = this.#clock.now();
    if (budget !== this.#budget) {
      this.#budget = budget;
      this.#left = budget * PART;
    }
    const earned = (now - this.#at) * this.#rate;
    this.#at = now;
    this.#left = Math.min(budget * PART, this.#left + earned);
    return budget > 0;
  }

  /**
   * Bytes that a millisecond earns. With the part that may be written at once,
   * a day stays below the budget: one commit can be too long.
   */
  get #rate(): number {
    return this.#budget * (1 - 2 * PART) / DAY;
  }

  #text(today: number): string {
    return `${Math.floor(today / MB)} MB were written since midnight (UTC), ` +
      `more than storage.write_budget allows in a day ` +
      `(${Math.floor(this.#budget / MB)} MB); ${this.#waiting}`;
  }
}

/** Returns the part of the alarm that says what waits in a mode. */
export function waitingIn(isBuffered: boolean): string {
  const cleaning = "cleaning and snapshots wait";
  return isBuffered
    ? `changes reach the disk up to ${LONGEST_PAUSE / 1000} s late, ${cleaning}`
    : `commits go on, as this mode promises; ${cleaning}`;
}
