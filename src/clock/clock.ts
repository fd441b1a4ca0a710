/** Stops what `Clock.after` began; calling it again does nothing. */
export type Cancel = () => void;

/** The one source of time. Everything that waits or measures asks it. */
export interface Clock {
  /** Wall-clock time in ms since 1970; kept and stored times are absolute. */
  now(): number;
  /**
   * The machine's own date in ms since 1970; it may jump, where `now` does not.
   * For what others have dated: certificates and revocation lists.
   */
  date(): number;
  /** Calls `task` once, `ms` ≥ 0 from now, unless cancelled. */
  after(ms: number, task: () => void): Cancel;
  /** Calls `task` once, after the sockets that are ready now. */
  soon(task: () => void): void;
}
