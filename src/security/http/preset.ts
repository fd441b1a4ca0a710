import { CodedError } from "../../errors/mod.ts";
import type { Credentials, Identity, TopicGrants } from "../authenticator.ts";
import type { AccessQuestion } from "../authorizer.ts";
import type { WebAnswer } from "./request.ts";

/** Answer of a server about a client or its rights. */
export type WebVerdict =
  | { readonly kind: "allow"; readonly found: WebIdentity }
  | { readonly kind: "deny"; readonly why: string }
  /** The next authenticator is asked. */
  | { readonly kind: "ignore"; readonly why: string };

/** Facts about an accepted client, from the server. */
export interface WebIdentity {
  readonly username?: string;
  readonly groups?: readonly string[];
  readonly grants?: TopicGrants;
  /** ms since 1970, by the calendar. */
  readonly expiresAt?: number;
}

/** An answer that is none: the server fails, whatever its status. */
export class AnswerError extends CodedError {
  /** The code, as the log has it. */
  override readonly code = "web-server-failing";
  /** `wrong` as a phrase: "its answer is no JSON". */
  constructor(wrong: string) {
    super(wrong);
    this.name = "AnswerError";
  }
}

/** Format of requests and answers. */
export interface Preset {
  /** True if `read` may find grants. */
  readonly mayGrant: boolean;
  /**
   * Returns the body that asks whether a client may come in; null cannot be
   * asked.
   */
  login(credentials: Credentials): unknown;
  /** Returns the body that asks whether a user may do everything. */
  superuser(identity: Identity): unknown;
  /** Returns the body that asks whether something may be done. */
  access(identity: Identity, question: AccessQuestion): unknown;
  /** Returns what an answer to any of them means. Throws `AnswerError`. */
  read(answer: WebAnswer): WebVerdict;
}

/**
 * Returns what a status means where only it counts. Throws `AnswerError` for
 * those by which a server says that it cannot answer, or that it is another
 * one.
 */
export function refusedBy(status: number): WebVerdict | null {
  if (status >= 200 && status < 300) return null;
  if (status === 401 || status === 403) {
    return { kind: "deny", why: `the server answered ${status}` };
  }
  throw new AnswerError(`the server answered ${status}`);
}

/** Returns text of UTF-8; null when it is none. */
export function textOf(bytes: Uint8Array | null): string | null {
  if (bytes === null) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(bytes);
  } catch {
    return null;
  }
}
