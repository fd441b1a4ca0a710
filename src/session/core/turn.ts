import type { Cancel, Clock } from "../../clock/mod.ts";
import { type OnFault, showFault } from "./faults.ts";
import { type TurnWatch, type Work, workOf } from "./turn_watch.ts";

/** An outbox, as far as passes need one. */
export interface Flushable {
  /** Whether a flush will come; `touch` sets it, `flush` clears it. */
  touched: boolean;
  /** Copies the bytes that it still points to in the chunk of the pass. */
  seal(): void;
  /** Hands its bytes to its stream. */
  flush(): void;
  /** Ends its connection because one of the two threw `error`. */
  failed(error: unknown): void;
}

/** Measures turns and deliveries; must not throw. */
export interface TurnTimes {
  /** The beginning of the pass under way, ms by `Clock.precise`. */
  readonly at: number;
  /** Notes a pass or other work that begins; `isNew`: the first of a turn. */
  begins(isNew: boolean): void;
  /** Notes that a turn, with its writes, has ended. */
  ends(): void;
  /** Notes a write with messages; the first came in the pass of `since`. */
  writes(since: number): void;
}

/** Work in several turns: returns whether more is left. */
export type Task = () => boolean;

/** Work without a name, and that of tasks. */
const OTHER = workOf("other");
const BACKGROUND = workOf("background");

/** Turns of background work before the loop looks at the sockets again. */
const TASKS_A_TURN = 16;

/**
 * Schedules writes and long work.
 *
 * A pass handles all packets of one chunk synchronously. The bytes that it
 * appends to outboxes are written once, after all passes that the runtime has
 * ready: the flush is a microtask behind theirs.
 */
export class Turn {
  readonly #clock: Clock;
  readonly #onFault: OnFault;
  readonly #watch: TurnWatch | null;
  #touched: Flushable[] = [];
  #runs: Flushable[] = [];
  #tasks: Task[] = [];
  #scheduled = false;
  #turning = false;
  /** Measures turns and deliveries; null while nothing asks for them. */
  times: TurnTimes | null = null;
  /** Time in ms as of the latest pass: exact enough for the hot path. */
  now: number;

  /**
   * Reads the clock once a pass. `onFault` receives the errors of tasks; `watch`
   * finds slow turns.
   */
  constructor(
    clock: Clock,
    onFault: OnFault = showFault,
    watch: TurnWatch | null = null,
  ) {
    this.#clock = clock;
    this.#onFault = onFault;
    this.#watch = watch;
    this.now = clock.now();
  }

  /**
   * Begins a pass, or other work: reads the clock once for all of it. With
   * `hasEnd` a call of `end` follows in the same turn.
   */
  begin(work: Work = OTHER, hasEnd = false): void {
    const now = this.#clock.now();
    this.now = now;
    if (this.times !== null) this.times.begins(!this.#scheduled);
    if (this.#watch !== null) this.#watch.begins(work, now, hasEnd);
  }

  /** Ends work that began with `hasEnd`, for slow turns. */
  end(): void {
    if (this.times !== null && !this.#scheduled) this.times.ends();
    if (this.#watch !== null) this.#watch.ends();
  }

  /** Ends a pass: after this its chunk may be reused. */
  seal(): void {
    const runs = this.#runs;
    if (runs.length === 0) return;
    for (let i = 0; i < runs.length; i++) {
      try {
        runs[i].seal();
      } catch (error) {
        runs[i].failed(error);
      }
    }
    runs.length = 0;
  }

  /** Notes that `outbox` has a run in the current chunk. */
  runOpened(outbox: Flushable): void {
    this.#runs.push(outbox);
  }

  /** Notes that `outbox` has bytes to write. */
  touch(outbox: Flushable): void {
    outbox.touched = true;
    this.#touched.push(outbox);
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(this.#flush);
  }

  /** Runs `task` in turns between which sockets are served, until done. */
  inTurns(task: Task): void {
    this.#tasks.push(task);
    if (this.#turning) return;
    this.#turning = true;
    this.#clock.soon(this.#turn);
  }

  readonly #flush = (): void => {
    this.#scheduled = false;
    this.seal();
    const touched = this.#touched;
    this.#touched = [];
    for (let i = 0; i < touched.length; i++) {
      try {
        touched[i].flush();
      } catch (error) {
        touched[i].failed(error);
      }
    }
    if (this.times !== null && !this.#scheduled) this.times.ends();
  };

  readonly #turn = (): void => {
    this.begin(BACKGROUND, true);
    const count = Math.min(TASKS_A_TURN, this.#tasks.length);
    for (let i = 0; i < count; i++) {
      const task = this.#tasks.shift()!;
      try {
        if (task()) this.#tasks.push(task);
      } catch (error) {
        this.#onFault("the background task ends", error, null);
      }
    }
    this.end();
    this.#turning = this.#tasks.length > 0;
    if (this.#turning) this.#clock.soon(this.#turn);
  };
}

/** Returns `clock`, whose tasks are `work`, for slow turns. */
export function workClock(clock: Clock, turn: Turn, work: Work): Clock {
  const noted = (task: () => void) => () => {
    turn.begin(work, true);
    try {
      task();
    } finally {
      turn.end();
    }
  };
  return {
    now: () => clock.now(),
    precise: () => clock.precise(),
    date: () => clock.date(),
    machine: () => clock.machine(),
    get suspended() {
      return clock.suspended;
    },
    after: (ms: number, task: () => void): Cancel =>
      clock.after(ms, noted(task)),
    soon: (task: () => void) => clock.soon(noted(task)),
  };
}
