/** Stops what `Clock.after` began; calling it again does nothing. */
export type Cancel = () => void;

/**
 * One run of the machine, from its start to its shutdown. Programs come and go
 * within it.
 */
export interface MachineRun {
  /** A random number from 1 to 2^48, taken from the boot id. */
  readonly id: number;
  /** Length of the run, suspension included (ms). */
  readonly uptime: number;
}

/**
 * The calendar and `Clock.now` drift apart by less (ms): more is a step of the
 * calendar or a suspension of the machine. All that tells the two apart uses
 * this one bound, or a suspension between two bounds would count as a step.
 */
export const DRIFT = 2500;

/**
 * The one source of time, with two readings. `now` measures durations. `date`
 * reads the calendar: for log lines, tokens and certificates.
 */
export interface Clock {
  /**
   * Returns ms since an arbitrary moment, above 0. The reading never goes back;
   * setting the calendar does not change it. A suspension of the machine counts
   * from the first reading after it (on Linux).
   */
  now(): number;
  /**
   * Returns ms with their fraction, since another moment than `now`, for
   * durations below a second: it counts no suspension.
   */
  precise(): number;
  /**
   * Returns the machine's calendar in ms since 1970, for log lines, file names
   * and the dates of tokens, certificates and revocation lists. The calendar may
   * be decades off, and jump either way at any time.
   */
  date(): number;
  /**
   * Returns the current boot of the machine; the store measures its downtime by
   * it. Null on all systems but Linux, and where /proc is hidden: `now` counts
   * no suspension there; a suspension looks like a calendar set forward.
   */
  machine(): MachineRun | null;
  /** Suspensions of the machine that `now` has counted so far (ms in all). */
  readonly suspended: number;
  /** Calls `task` once, `ms` ≥ 0 from now, unless cancelled. */
  after(ms: number, task: () => void): Cancel;
  /** Calls `task` once, after all sockets that are ready now are served. */
  soon(task: () => void): void;
}
