import { CodedError, type ErrorCode } from "../../errors/mod.ts";

/** The admin page cannot be served as the settings say. */
export class AdminError extends CodedError {
  /** The code, as the log has it. */
  override readonly code: ErrorCode;

  /** `message` has the place, the cause and the remedy. */
  constructor(code: ErrorCode, message: string, cause?: unknown) {
    super(`the admin page: ${message}`, { cause });
    this.name = "AdminError";
    this.code = code;
  }
}
