import { CodedError, type ErrorCode } from "../../../errors/mod.ts";

/**
 * Why the authority could not do it: there is none (`missing`), there is one
 * already (`exists`), it has no private key (`keyless`), what was given is not
 * what is needed (`unsuitable`), a file cannot be read or written
 * (`unreadable`, `unwritable`), or this machine's date is impossible (`clock`).
 */
export type AuthorityFault =
  | "missing"
  | "exists"
  | "keyless"
  | "unsuitable"
  | "unreadable"
  | "unwritable"
  | "clock";

/** A failed action of an authority; the message says what to do. */
export class AuthorityError extends CodedError {
  /** For programs. */
  readonly fault: AuthorityFault;

  /** `cause` is what the system or the library said. */
  constructor(fault: AuthorityFault, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "AuthorityError";
    this.fault = fault;
  }

  /** The code, as the log has it. */
  get code(): ErrorCode {
    return `authority-${this.fault}`;
  }
}

/** `error` as it is if it says what to do, else as one of that `fault`. */
export function authorityError(
  fault: AuthorityFault,
  what: string,
  error: unknown,
): AuthorityError {
  if (error instanceof AuthorityError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new AuthorityError(fault, `${what}: ${reason}`, error);
}
