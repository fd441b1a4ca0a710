import type { Refused } from "./messages.ts";

/**
 * A request that is refused, in either thread. The answer is a problem
 * (RFC 9457) with this status, code and detail.
 */
export class AdminRefusal extends Error implements Refused {
  /** As errors are known by. */
  override readonly name = "AdminRefusal";
  /** HTTP status, 400 to 599. */
  readonly status: number;
  /** A word for programs that stays the same: `no-such-client`. */
  readonly code: string;

  /** `detail` says what is wrong with the request, and what to do. */
  constructor(status: number, code: string, detail: string) {
    super(detail);
    this.status = status;
    this.code = code;
  }

  /** The fault of the request, and the remedy. */
  get detail(): string {
    return this.message;
  }
}
