import type { Cancel, Clock } from "../clock/mod.ts";
import type { Context } from "../session/mod.ts";
import { CalendarWatch } from "./calendar_watch.ts";
import type { BrokerLog } from "./status/broker_log.ts";

/** Between two rounds (ms), and while there is nothing to do. */
const ROUND = 1000;
const IDLE_ROUND = 10_000;

/** Retained messages and cached routes looked at in one round. */
const STEPS = 2000;

/** The parts of a broker that housekeeping works for. */
export interface HousekeepingParts {
  readonly clock: Clock;
  readonly context: Context;
  readonly log: BrokerLog;
  /** Has the store note how time goes. */
  readonly keepTime: () => void;
  /** Renews and judges certificates: the calendar was set. */
  readonly calendarSet: () => void;
}

/**
 * Removes expired retained messages and stale routes a few at a time, and
 * watches calendar and suspension of the machine.
 */
export class Housekeeping {
  readonly #parts: HousekeepingParts;
  readonly #calendar: CalendarWatch;
  #cancel: Cancel | null = null;

  /** Sets the timer of the first round. */
  constructor(parts: HousekeepingParts) {
    this.#parts = parts;
    this.#calendar = new CalendarWatch(parts.clock);
    this.#wait(ROUND);
  }

  /** Ends the rounds. */
  stop(): void {
    this.#cancel?.();
  }

  #wait(ms: number): void {
    const { clock } = this.#parts;
    this.#cancel = clock.after(ms, () => {
      const next = this.#round() - clock.now();
      this.#wait(Math.min(Math.max(next, ROUND), IDLE_ROUND));
    });
  }

  /** Returns when there is more to do (ms). */
  #round(): number {
    const { clock, context } = this.#parts;
    const now = clock.now();
    let next = now;
    // The router is being filled with the state of the former run.
    if (context.loading) return next;
    context.faults.survive("housekeeping goes on in its next round", () => {
      this.#keepTime();
      next = context.router.sweep(now, STEPS);
    });
    return next;
  }

  /** Durations ignore the calendar; certificates follow it. */
  #keepTime(): void {
    const { clock, context, log, keepTime, calendarSet } = this.#parts;
    const { step, slept } = this.#calendar.look();
    if (slept > 0) context.deadlines.awake();
    keepTime();
    if (step === 0) return;
    const way = step > 0 ? "forward" : "back";
    const seconds = Math.round(Math.abs(step) / 1000);
    // Without an uptime the two look the same.
    const doubt = step > 0 && clock.machine() === null
      ? ", or the machine was suspended for that long"
      : "";
    const text = `the calendar was set ${way} by ${seconds} s${doubt}`;
    log.event("info", "calendar-set", {
      seconds: Math.round(step / 1000),
      text,
    });
    calendarSet();
  }
}
