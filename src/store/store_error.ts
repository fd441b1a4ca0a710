/**
 * What went wrong: `locked` by another broker, `newer` schema than this broker
 * knows, `corrupt` content, `failing` disk, a `full` one, a `missing` store, or
 * changes that were `unwritten` when it was closed.
 */
export type StoreFault =
  | "locked"
  | "newer"
  | "corrupt"
  | "failing"
  | "full"
  | "missing"
  | "unwritten";

/** A store that cannot be opened or written; the message is for the operator. */
export class StoreError extends Error {
  /** What to tell apart. */
  readonly fault: StoreFault;
  /** What to do about it, where that is known; else null. */
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
