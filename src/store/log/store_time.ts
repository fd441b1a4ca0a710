import {
  type Clock,
  DRIFT,
  isPlausible,
  type MachineRun,
} from "../../clock/mod.ts";
import type { Head } from "../blocks/blocks.ts";

/** Maximum age of the clock readings in the head, ms. */
const INTERVAL = 600_000;

/** The readings of the clocks for a head. */
export interface ClockReadings {
  /** The store's time, ms. */
  readonly time: number;
  /** The calendar, ms since 1970. */
  readonly date: number;
  /** The machine's run; null where the system cannot tell. */
  readonly machine: MachineRun | null;
}

/** Returns the calendar date at which `head` was written. */
export function dateOfHead({ date, time }: Head): number {
  return date ?? time;
}

/**
 * The store's own time, which all stored times use. It begins with the calendar
 * of the store's creation and only runs forward, so durations survive restarts
 * and changes of the calendar.
 */
export class StoreTime {
  readonly #clock: Clock;
  /** The machine's run at the construction; `uptime` minus `Clock.now`. */
  readonly #run: MachineRun | null;
  /** Milliseconds from `Clock.now` to the store's time. */
  readonly shift: number;
  /** Why the downtime could not be measured, or null. */
  readonly doubt: string | null;

  /** Continues from `head`, and measures the downtime. */
  constructor(clock: Clock, head: Head) {
    this.#clock = clock;
    const run = clock.machine();
    const now = clock.now();
    this.#run = run && { id: run.id, uptime: run.uptime - now };
    const isNew = head.time === 0;
    const pause = isNew ? clock.date() : sinceHead(head, run, clock.date());
    this.doubt = typeof pause === "string" ? pause : null;
    const since = typeof pause === "string" ? 0 : pause;
    // Above 0: a session with the time 0 counts as connected.
    this.shift = Math.max(1, Math.floor(head.time + since)) - now;
  }

  /** The store's time, ms. */
  get now(): number {
    return this.#clock.now() + this.shift;
  }

  /** Returns the date of the store's time `time` by today's calendar. */
  dateOf(time: number): number {
    return this.#clock.date() - (this.now - time);
  }

  /** Returns the present readings for a head. */
  read(): ClockReadings {
    const now = this.#clock.now();
    const run = this.#run;
    return {
      time: now + this.shift,
      date: Math.max(0, this.#clock.date()),
      machine: run && { id: run.id, uptime: run.uptime + now },
    };
  }

  /**
   * Returns whether `head` must be written again: after a power cut its clock
   * readings would mislead.
   */
  isOutdated(head: Head): boolean {
    if (head.time === 0) return false;
    const now = this.now;
    const step = (this.#clock.date() - now) - (dateOfHead(head) - head.time);
    return now - head.time >= INTERVAL || Math.abs(step) >= DRIFT;
  }
}

/** Returns how long ago `head` was written, ms, or why that is unknown. */
function sinceHead(
  head: Head,
  run: MachineRun | null,
  date: number,
): number | string {
  const { machine = null } = head;
  if (run !== null && run.id === machine?.id && run.uptime >= machine.uptime) {
    return run.uptime - machine.uptime;
  }
  const before = dateOfHead(head);
  if (!isPlausible(before) || !isPlausible(date) || date < before) {
    return `the machine's clock shows ${day(date)}, and showed ` +
      `${day(before)} when the store was last written`;
  }
  return date - before;
}

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16) + "Z";
}
