/**
 * Kind of fault: `locked` by another broker, `taken` by one that the lock did not
 * keep away, `newer` schema than this broker knows, `corrupt` content, `failing` disk, a `full` one, a `missing` store, or
 * changes that were `unwritten` when it was closed.
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

/** Whether `error` says that another broker has taken the store. */
export function isTaken(error: unknown): error is StoreError {
  return error instanceof StoreError && error.fault === "taken";
}

/** Whether `error` says that something stored is damaged. */
export function isCorrupt(error: unknown): error is StoreError {
  return error instanceof StoreError && error.fault === "corrupt";
}

/** A store that cannot be opened or written; the message is for the operator. */
export class StoreError extends Error {
  /** What to tell apart. */
  readonly fault: StoreFault;
  /** Advice for the operator, or null. */
  readonly todo: string | null;

  /** `cause` is what the system said. */
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
}
