/** The one source of time: the system's clock. */
export type { Cancel, Clock, MachineRun } from "./clock.ts";
export { DRIFT } from "./clock.ts";
export { SystemClock } from "./system_clock.ts";
export { EARLIEST_DATE, isPlausible } from "./plausible.ts";
