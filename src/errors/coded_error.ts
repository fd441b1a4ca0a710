import type { ErrorCode } from "./error_code.ts";

/** An error that people meet: it has a code for programs. */
export abstract class CodedError extends Error {
  /** The code, as the log has it. */
  abstract readonly code: ErrorCode;
}

/** Returns the code of `error`, or `otherwise` for an error without one. */
export function codeOf(error: unknown, otherwise: ErrorCode): ErrorCode {
  return error instanceof CodedError ? error.code : otherwise;
}
