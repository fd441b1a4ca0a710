import type { Problem } from "../../config/mod.ts";

/** Findings of a check, without a broker, of what settings name. */
export interface Findings {
  /** Faults that keep a start from using the settings. */
  readonly problems: Problem[];
  /** Faults that a start only warns of, or does not see. */
  readonly warnings: Problem[];
}
