import type { Clock } from "../../clock/mod.ts";
import { type Invariant, InvariantError } from "../../errors/mod.ts";
import type { Counters } from "./counters.ts";

/** Lines logged in one minute at most. */
const MOST = 20;

const MINUTE = 60_000;

/** Receives an error of the broker's own; `result` names its effect. */
export type OnFault = (
  result: string,
  error: unknown,
  clientId: string | null,
) => void;

/** Reports an error as uncaught, where no `Faults` are at hand. */
export const showFault: OnFault = (_, error) => reportError(error);

/**
 * Counts and logs errors of the broker's own: they end the work for one client,
 * and leave the work for all others alone. Logs each error once a minute, 20
 * lines a minute in all; the counter has all of them.
 */
export class Faults {
  readonly #clock: Clock;
  readonly #counters: Counters;
  readonly #log: OnFault;
  readonly #logged = new Set<string>();
  /** Invariants logged in the present minute. */
  readonly #invariants = new Set<Invariant>();
  #minuteEnds = 0;

  /** `log` writes one line. */
  constructor(clock: Clock, counters: Counters, log: OnFault) {
    this.#clock = clock;
    this.#counters = counters;
    this.#log = log;
  }

  /** Counts and logs `error`; never throws. */
  readonly note = (
    result: string,
    error: unknown,
    clientId: string | null = null,
  ): void => {
    this.#counters.internalErrors++;
    try {
      if (!this.#isNew(`${result}: ${error}`)) return;
      this.#log(result, error, clientId);
    } catch {
      // A failing log or an error without text must not end the work.
    }
  };

  /** Runs `task`, and notes its error. Returns whether it had none. */
  survive(
    result: string,
    task: () => void,
    clientId: string | null = null,
  ): boolean {
    try {
      task();
      return true;
    } catch (error) {
      this.note(result, error, clientId);
      return false;
    }
  }

  /** Counts and logs a broken invariant, each once a minute; never throws. */
  readonly broken = (which: Invariant, value: number): void => {
    this.#counters.brokenInvariants++;
    this.#keepMinute();
    if (this.#invariants.has(which)) return;
    this.#invariants.add(which);
    try {
      this.#log(
        "the counter goes on at 0",
        new InvariantError(which, value),
        null,
      );
    } catch {
      // A failing log must not end the work.
    }
  };

  #keepMinute(): void {
    const now = this.#clock.now();
    if (now < this.#minuteEnds) return;
    this.#minuteEnds = now + MINUTE;
    this.#logged.clear();
    this.#invariants.clear();
  }

  #isNew(text: string): boolean {
    this.#keepMinute();
    if (this.#logged.size >= MOST || this.#logged.has(text)) return false;
    this.#logged.add(text);
    return true;
  }
}
