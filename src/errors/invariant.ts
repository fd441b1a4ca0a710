import { CodedError } from "./coded_error.ts";

/** Counters that are never below 0, and balance. */
export type Invariant =
  | "message-holders"
  | "queued-bytes"
  | "heap-bytes"
  | "queued-messages"
  | "backlog-bytes"
  | "inflight-messages"
  | "outbox-bytes"
  | "outbound-bytes"
  | "connected-clients"
  | "connections"
  | "subscriptions"
  | "cached-routes"
  | "retained-messages"
  | "retained-bytes"
  | "stored-holders"
  | "stored-bytes";

/** Receives the name and the value of a counter that is wrong. */
export type OnBroken = (which: Invariant, value: number) => void;

/** A counter that is wrong: a mistake in the broker. */
export class InvariantError extends CodedError {
  /** The code, as the log has it. */
  override readonly code = "invariant-broken";

  /** `which` counter, and its `value`. */
  constructor(which: Invariant, value: number) {
    super(
      `the counter ${which} is ${value}, which it must never be: an error of ` +
        "the broker itself. Please report this line with its stack",
    );
    this.name = "InvariantError";
  }
}

let outlive: OnBroken | null = null;

/**
 * Has broken invariants reported to `report`, and outlived. Without a call, and
 * after one with null, they are thrown: a test that breaks one fails.
 */
export function outliveBroken(report: OnBroken | null): void {
  outlive = report;
}

/**
 * Reports that counter `which` is wrong. The caller compares the number, so that
 * a right one costs no call. Returns 0, the value to go on with.
 *
 * @throws {InvariantError} where broken invariants are not outlived.
 */
export function broken(which: Invariant, value: number): 0 {
  if (outlive === null) throw new InvariantError(which, value);
  outlive(which, value);
  return 0;
}
