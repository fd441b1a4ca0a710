import {
  type Clock,
  DRIFT,
  isPlausible,
  type MachineRun,
} from "../../clock/mod.ts";
import type { Head } from "../blocks/blocks.ts";

/** At most so old is the reading of the clocks in the head, ms. */
const INTERVAL = 600_000;

/** The clocks as they were read for a head. */
export interface ClockReadings {
  /** The store's time, ms. */
  readonly time: number;
  /** The calendar, ms since 1970. */
  readonly date: number;
  /** The machine's run; null where the system does not tell. */
  readonly machine: MachineRun | null;
}

/** The date at which `head` was written, by the calendar of that time. */
export function dateOfHead({ date, time }: Head): number {
  return date ?? time;
}

/**
 * The store's own time, in which all stored times are. It begins with the
 * calendar when the store is made, and from then on it only runs forward:
 * durations go on over restarts, whatever happens to the calendar.
 */
export class StoreTime {
  readonly #clock: Clock;
  /** The machine's run when this was made; `uptime` less `Clock.now`. */
  readonly #run: MachineRun | null;
  /** Milliseconds to add to `Clock.now` for the store's time. */
  readonly shift: number;
  /** Why the time without a broker could not be measured, or null. */
  readonly doubt: string | null;

  /** Goes on from `head`; measures how long no broker ran. */
  constructor(clock: Clock, head: Head) {
    this.#clock = clock;
    const run = clock.machine();
    const now = clock.now();
    this.#run = run && { id: run.id, uptime: run.uptime - now };
    const isNew = head.time === 0;
    const pause = isNew ? clock.date() : sinceHead(head, run, clock.date());
    this.doubt = typeof pause === "string" ? pause : null;
    const since = typeof pause === "string" ? 0 : pause;
    // Above 0: stored as 0, a session would count as connected.
    this.shift = Math.max(1, Math.floor(head.time + since)) - now;
  }

  /** The store's time, ms. */
  get now(): number {
    return this.#clock.now() + this.shift;
  }

  /** The date that a store's time `time` has by today's calendar. */
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
   * Whether `head` has to be written again: after a power cut its reading of
   * the clocks would mislead.
   */
  isOutdated(head: Head): boolean {
    if (head.time === 0) return false;
    const now = this.now;
    const step = (this.#clock.date() - now) - (dateOfHead(head) - head.time);
    return now - head.time >= INTERVAL || Math.abs(step) >= DRIFT;
  }
}

/** How long ago `head` was written, ms; or why that is not known. */
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
