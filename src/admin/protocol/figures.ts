/**
 * The figures of the broker, sent to the worker once a second: those of
 * `broker/figures/`. The worker reads these alone, and passes on the rest.
 */
export interface Figures {
  /** Whether a listener accepts clients. */
  readonly running: boolean;
  /** Whether the stored state is still being restored. */
  readonly loading: boolean;
  /** Of the store. */
  readonly storage: {
    /** `ok`, `full` or `failing`. */
    readonly health: string;
    /** Why the health is not `ok`; null where it is. */
    readonly reason: string | null;
  };
}
