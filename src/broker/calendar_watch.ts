import type { Clock } from "../clock/mod.ts";

/** The calendar and `Clock.now` drift apart by less without a step (ms). */
const TOLERANCE = 1000;

/** Steps of the clocks since the last look. */
export interface ClockNews {
  /** By how much the calendar was set, ms; back below 0, 0 when it was not. */
  readonly step: number;
  /** How long the machine was suspended, ms; 0 when it was not. */
  readonly slept: number;
}

const NONE: ClockNews = { step: 0, slept: 0 };

/** Notices that the calendar was set, and that the machine was suspended. */
export class CalendarWatch {
  readonly #clock: Clock;
  /** The calendar less `Clock.now`, at the last look. */
  #ahead: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    // Suspension of the machine is measured from here on.
    clock.machine();
    this.#ahead = this.#difference;
  }

  get #difference(): number {
    return this.#clock.date() - this.#clock.now();
  }

  /** Returns what is new. To be called every ten seconds. */
  look(): ClockNews {
    const apart = this.#difference - this.#ahead;
    if (Math.abs(apart) < TOLERANCE) return NONE;
    // After a suspension `now` catches up with the calendar here.
    this.#clock.machine();
    const step = this.#difference - this.#ahead;
    const slept = apart - step;
    if (Math.abs(step) < TOLERANCE) return { step: 0, slept };
    this.#ahead += step;
    return { step, slept };
  }
}
