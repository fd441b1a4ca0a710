import { CodedError, type ErrorCode } from "../../errors/mod.ts";

/**
 * Kind of fault: `locked` by another broker, `taken` by one that the lock did
 * not stop, `newer` schema than this version reads, `corrupt` content,
 * `failing` disk, a `full` one, a `missing` store, or changes that were
 * `unwritten` at the stop.
 */
export type StoreFault =
  | "locked"
  | "taken"
  | "newer"
  | "corrupt"
  | "failing"
  | "full"
  | "missing"
  | "unwritten";

/** Returns whether `error` reports that another broker has taken the store. */
export function isTaken(error: unknown): error is StoreError {
  return error instanceof StoreError && error.fault === "taken";
}

/** Returns whether `error` reports damage. */
export function isCorrupt(error: unknown): error is StoreError {
  return error instanceof StoreError && error.fault === "corrupt";
}

/** A store that cannot be opened or written; the message is for the operator. */
export class StoreError extends CodedError {
  /** The kind of fault. */
  readonly fault: StoreFault;
  /** Advice for the operator, or null. */
  readonly todo: string | null;

  /** `cause` is the error of the system. */
  constructor(
    fault: StoreFault,
    message: string,
    cause?: unknown,
    todo: string | null = null,
  ) {
    super(message, { cause });
    this.name = "StoreError";
    this.fault = fault;
    this.todo = todo;
  }

  /** The code, as the log has it. */
  get code(): ErrorCode {
    return `store-${this.fault}`;
  }
}

/**
 * Returns the error for a stop that could not write; `unwritten` changes are
 * not on disk. With 0 a block that no copy has whole could not be written again.
 */
export function lostChanges(
  unwritten: number,
  place = "the disk",
  reason: string | null,
  cause: unknown,
): StoreError {
  const what = unwritten === 0
    ? "a part of the store that has to be written again"
    : `the last changes (about ${unwritten})`;
  return new StoreError(
    "unwritten",
    `${what} could not be written to ${place}: ${reason}`,
    cause,
  );
}
