import { type Clock, DRIFT } from "../clock/mod.ts";

/** Steps of the clocks since the last look. */
export interface ClockNews {
  /**
   * By how much the calendar was set, ms; back below 0, 0 when it was not. Where
   * `Clock.machine` is null a suspension of the machine is such a step, too.
   */
  readonly step: number;
  /** Time that the machine was suspended (ms); 0 when it was not. */
  readonly slept: number;
}

const NONE: ClockNews = { step: 0, slept: 0 };

/** Notices that the calendar was set, and that the machine was suspended. */
export class CalendarWatch {
  readonly #clock: Clock;
  /** Calendar minus `Clock.now`, at the last look (ms). */
  #ahead: number;
  /** `Clock.suspended` at the last look. */
  #suspended: number;

  /** Reports what happens from here on. */
  constructor(clock: Clock) {
    this.#clock = clock;
    this.#ahead = this.#difference;
    this.#suspended = clock.suspended;
  }

  /** Reads `now`, so that `Clock.suspended` is complete. */
  get #difference(): number {
    return this.#clock.date() - this.#clock.now();
  }

  /** Returns what is new. To be called every ten seconds. */
  look(): ClockNews {
    const step = this.#difference - this.#ahead;
    const { suspended } = this.#clock;
    const slept = suspended - this.#suspended;
    this.#suspended = suspended;
    if (Math.abs(step) < DRIFT) {
      return slept === 0 ? NONE : { step: 0, slept };
    }
    this.#ahead += step;
    return { step, slept };
  }
}
