import { CodedError, codeOf, type ErrorCode } from "../../errors/mod.ts";

/** A fault that keeps access from being opened; the message says where. */
export class AccessError extends CodedError {
  override readonly name = "AccessError";

  /** The code of its cause, if that has one. */
  get code(): ErrorCode {
    return codeOf(this.cause, "access-invalid");
  }
}

/**
 * Returns the error to report for `error`, which `where` caused. A mistake in
 * Dunlin itself stays as it is, with its stack.
 */
export function accessError(where: string, error: unknown): unknown {
  const isOurs = error instanceof TypeError || error instanceof ReferenceError;
  if (isOurs || !(error instanceof Error)) return error;
  return new AccessError(`${where}: ${error.message}`, { cause: error });
}
