import type { ErrorCode } from "../../errors/mod.ts";
import { ProtocolError, type ReasonCode } from "../../mqtt/mod.ts";
import type { CloseReason } from "./reasons.ts";

/** A `ProtocolError` that is counted and logged under a reason of its own. */
export class ClosingError extends ProtocolError {
  /** The reason of the end. */
  readonly why: CloseReason;

  /** `detail` is for the log alone; without it the log has the message. */
  constructor(
    why: CloseReason,
    reasonCode: ReasonCode,
    message: string,
    detail: string | null = null,
  ) {
    super(reasonCode, message, detail);
    this.why = why;
  }

  /** The code, as the log has it. */
  override get code(): ErrorCode {
    return this.why;
  }
}

/** Returns the reason of an end by `error`: mostly `otherwise`. */
export function closeReasonOf(
  error: ProtocolError,
  otherwise: CloseReason,
): CloseReason {
  return error instanceof ClosingError ? error.why : otherwise;
}
