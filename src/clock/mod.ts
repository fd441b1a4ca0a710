/** The one clock: the system's, and one that tests move by hand. */
export type { Cancel, Clock, MachineRun } from "./clock.ts";
export { DRIFT } from "./clock.ts";
export { SystemClock } from "./system_clock.ts";
export { ManualClock } from "./manual_clock.ts";
export { EARLIEST_DATE, isPlausible } from "./plausible.ts";
