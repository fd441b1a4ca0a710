import type { ReasonCode } from "../../mqtt/mod.ts";
import type { AuthExchange, Credentials, Identity } from "../authenticator.ts";

/** Verdict of one link on a client. */
export type Verdict =
  | { readonly kind: "allow"; readonly identity: Identity }
  | {
    readonly kind: "deny";
    /** Reason code of CONNACK; 0x86 and 0x87 count as a failed login. */
    readonly reasonCode: ReasonCode;
    /** For the operator: "wrong password". Nothing secret. */
    readonly why: string;
    /** True if the verdict took as long as a wrong password. @default {false} */
    readonly isDisguised?: boolean;
  }
  | {
    /** The link does not know the client: the next link is asked. */
    readonly kind: "ignore";
    /** For the operator: "no such user". */
    readonly why: string;
    /**
     * Takes the time that the link would have taken for a client it knows.
     * One of them is waited for when the client is refused in the end, so that
     * the time does not reveal which user names exist.
     */
    readonly dummyVerification?: () => Promise<void>;
  };

/** One way to find out who a client is. */
export interface Link {
  /**
   * Its kind and source, the same after a reload that does not change it:
   * "password-file /etc/dunlin/passwd". Links that share a name are each asked
   * `stillAllows`.
   */
  readonly name: string;
  /** Names of the listeners whose clients it judges; missing for all. */
  readonly listeners?: readonly string[];
  /** Judges a CONNECT without an authentication method. Must not reject. */
  judge(credentials: Credentials): Verdict | Promise<Verdict>;
  /** Begins an exchange; null or missing when it does not know `method`. */
  begin?(method: string, credentials: Credentials): AuthExchange | null;
  /**
   * Returns whether it would still accept a client that it accepted before.
   * Without the method it would.
   */
  stillAllows?(identity: Identity): boolean;
  /**
   * Returns whether it could accept a client with this user name, or without one for
   * null. Without the method it could.
   */
  knows?(username: string | null): boolean;
  /** Gives back what it holds; it is asked nothing any more. */
  close?(): void;
}
