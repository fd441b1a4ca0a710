import type { ProtocolVersion, ReasonCode } from "../mqtt/mod.ts";
import type { CertificateFacts } from "./certificates/mod.ts";

/** Credentials of a client, from its connection and its CONNECT. */
export interface Credentials {
  /** Never empty: one without an id has been assigned one. */
  readonly clientId: string;
  /** Its certificate's where that gives one; else CONNECT's, or null. */
  readonly username: string | null;
  /** 0 to 65,535 bytes; null when CONNECT has none. */
  readonly password: Uint8Array | null;
  /** 3 for 3.1, 4 for 3.1.1, 5 for 5.0. */
  readonly version: ProtocolVersion;
  /** Name of the listener it came by. */
  readonly listener: string;
  /** The peer's IP address. */
  readonly hostname: string;
  /**
   * The certificate it came in by; null without one, and for one that only a
   * trusted proxy has seen.
   */
  readonly certificate: CertificateFacts | null;
  /**
   * True if `username` is its certificate's: then the client has proved it, and
   * is no anonymous client whatever its CONNECT says.
   */
  readonly isCertified: boolean;
}

/** Identity of an accepted client, which access rules judge. */
export interface Identity {
  /** The id under which its session is kept. */
  readonly clientId: string;
  /** Null for an anonymous client. */
  readonly username: string | null;
  /** True if nothing proved the user name. @default {false} */
  readonly isClaimed?: boolean;
  /** The certificate it came in by; null or missing without one. */
  readonly certificate?: CertificateFacts | null;
  /** True if a certificate gave the user name. @default {false} */
  readonly isCertified?: boolean;
  /** Its listener; missing if no longer known. */
  readonly listener?: string;
  /** Its IP address; missing if no longer known. */
  readonly hostname?: string;
  /** Groups from its authenticator, beside those of the settings. */
  readonly groups?: readonly string[];
  /** Grants of its token; null or missing without one. */
  readonly grants?: TopicGrants | null;
  /** The link that accepted it; missing without a chain. */
  readonly link?: string;
  /**
   * By what the link knew it, in words of the link's own: another one after
   * the password has changed. Never the password; missing where nothing is.
   */
  readonly proof?: string;
  /** When it has to prove itself anew, ms since 1970; missing for never. */
  readonly expiresAt?: number;
}

/**
 * Topic filters that are allowed to one client alone. With them it may do
 * nothing that neither they nor a rule allow.
 */
export interface TopicGrants {
  /** Their source in explanations, like "token". */
  readonly place: string;
  /** Topic filters it may publish to. */
  readonly publish: readonly string[];
  /** Topic filters it may subscribe to and receive from. */
  readonly subscribe: readonly string[];
}

/** The answer to credentials or to one step of an exchange. */
export type AuthOutcome =
  | {
    readonly kind: "allow";
    readonly identity: Identity;
    /** Last data for the client, where the method has some. */
    readonly data?: Uint8Array;
  }
  | {
    readonly kind: "deny";
    readonly reasonCode: ReasonCode;
    /** For the operator alone; never sent to the client. */
    readonly why?: string;
  }
  | { readonly kind: "continue"; readonly data: Uint8Array };

/** One enhanced authentication under way (MQTT 5.0, 4.12). */
export interface AuthExchange {
  /** The claimed user name; null or missing while it is unknown. */
  readonly username?: string | null;
  /**
   * True if the authenticator has a user of this name; missing if unknown.
   */
  readonly isKnown?: boolean;
  /** Takes the client's data (null when it sent none). */
  step(data: Uint8Array | null): AuthOutcome | Promise<AuthOutcome>;
}

/** Authenticates clients. Answers at once where it can. */
export interface Authenticator {
  /** Judges the user name and password of a CONNECT. */
  authenticate(credentials: Credentials): AuthOutcome | Promise<AuthOutcome>;
  /** Begins an exchange; null when it does not know `method`. */
  begin(method: string, credentials: Credentials): AuthExchange | null;
  /**
   * Returns whether `identity` would still be accepted, as far as that shows
   * without the client. Without the method it always would.
   */
  stillAllows?(identity: Identity): boolean;
  /**
   * Returns whether a client with this user name (null: without one) could still
   * be accepted; true where only its credentials decide. Without the method user
   * names are not proved, so no session belongs to one.
   */
  knows?(username: string | null): boolean;
}
