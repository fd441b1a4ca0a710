import type { Clock } from "../../clock/mod.ts";
import type { Counters } from "./counters.ts";

/** Lines logged in one minute at most. */
const MOST = 20;

const MINUTE = 60_000;

/** Receives an error of the broker's own; `result` says what came of it. */
export type OnFault = (
  result: string,
  error: unknown,
  clientId: string | null,
) => void;

/** Where no `Faults` are at hand: shows the error as one that was not caught. */
export const showFault: OnFault = (_, error) => reportError(error);

/**
 * Counts and logs errors of the broker's own: work that throws ends for the
 * client it is done for, and goes on for all others. Logs each once a minute,
 * 20 lines a minute in all; the counter has all of them.
 */
export class Faults {
  readonly #clock: Clock;
  readonly #counters: Counters;
  readonly #log: OnFault;
  readonly #logged = new Set<string>();
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
      // Neither a log that fails nor an error without a text may end anything.
    }
  };

  /** Runs `task`, and notes what it throws. Returns whether it threw nothing. */
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

  #isNew(text: string): boolean {
    const now = this.#clock.now();
    if (now >= this.#minuteEnds) {
      this.#minuteEnds = now + MINUTE;
      this.#logged.clear();
    }
    if (this.#logged.size >= MOST || this.#logged.has(text)) return false;
    this.#logged.add(text);
    return true;
  }
}
