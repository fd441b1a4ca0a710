/** Stops what `Clock.after` began; calling it again does nothing. */
export type Cancel = () => void;

/**
 * One run of the machine, from its start to its shutdown. Programs come and go
 * within it.
 */
export interface MachineRun {
  /** Names the run: 1 to 2^48, which the machine chose at random at its start. */
  readonly id: number;
  /** How long the run has lasted, suspension included (ms). */
  readonly uptime: number;
}

/**
 * The one source of time, with two readings. Durations are measured by `now`.
 * `date` is for people and for dates that others have set.
 */
export interface Clock {
  /**
   * Returns ms since a moment that means nothing, always above 0. It only runs
   * forward, and no change of the calendar moves it.
   */
  now(): number;
  /**
   * Returns the machine's calendar in ms since 1970. It may be decades off, and
   * jump either way at any time. For log lines and file names, and for the
   * dates of tokens, certificates and revocation lists.
   */
  date(): number;
  /**
   * Returns the run of the machine, by which a stop of this program is
   * measured; null where the system does not tell (all but Linux).
   */
  machine(): MachineRun | null;
  /** Calls `task` once, `ms` ≥ 0 from now, unless cancelled. */
  after(ms: number, task: () => void): Cancel;
  /** Calls `task` once, after the sockets that are ready now. */
  soon(task: () => void): void;
}
