import { setImmediate } from "node:timers";

/** Counts what happens on streams of tests, so that quiet can be seen. */
export const activity = { count: 0 };

// The broker works in microtasks and yields with `setImmediate`, a few turns
// at a time; this many turns without a byte moving is quiet.
const QUIET_TURNS = 12;
const MOST_TURNS = 20_000;

/** Waits for one turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => resolve()));
}

/** Waits until no bytes have moved for some turns of the event loop. */
export async function settle(): Promise<void> {
  let quiet = 0;
  let seen = activity.count;
  for (let at = 0; at < MOST_TURNS && quiet < QUIET_TURNS; at++) {
    await turn();
    quiet = activity.count === seen ? quiet + 1 : 0;
    seen = activity.count;
  }
}
