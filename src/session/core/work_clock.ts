import type { Cancel, Clock } from "../../clock/mod.ts";
import type { Turn } from "./turn.ts";
import type { Work } from "./turn_watch.ts";

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
