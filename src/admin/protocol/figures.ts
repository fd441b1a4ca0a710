/** The figures of the broker, sent to the worker once a second. */
export interface Figures {
  /** ms since 1970. */
  readonly time: number;
  /** Whether a listener accepts clients. */
  readonly running: boolean;
  /** Whether the stored state is still being restored. */
  readonly loading: boolean;
  /** The fault of the disk; null while it works. */
  readonly trouble: string | null;
  /** Of the broker. */
  readonly version: string;
  /** Seconds since the start. */
  readonly uptime: number;
  /** Counts of the present state, by name. */
  readonly [name: string]: unknown;
}
