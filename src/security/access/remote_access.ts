import type { Identity } from "../authenticator.ts";
import type { AccessQuestion } from "../authorizer.ts";

/** An access server, which decides what no rule decides. */
export interface RemoteAccess {
  /** Its name in explanations, like `http://…`. */
  readonly name: string;
  /**
   * Returns whether it may be done; at once where that is known. Must not fail:
   * what an outage means is its own matter. It is asked about publishing and
   * subscribing, never about receiving.
   */
  ask(
    identity: Identity,
    question: AccessQuestion,
  ): boolean | Promise<boolean>;
  /**
   * Returns the reason why it denied this question last, as a phrase for the
   * log; null when it remembers none.
   */
  denial(identity: Identity, question: AccessQuestion): string | null;
}
