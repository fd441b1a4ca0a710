import { ReasonCode } from "../mqtt/mod.ts";
import type {
  Authenticator,
  AuthExchange,
  AuthOutcome,
  Credentials,
  Identity,
} from "./authenticator.ts";
import { hasNoCredentials, identityOf } from "./identity.ts";

/**
 * Authenticates without authenticators: accepts every client of the listeners
 * that `allow` names, under its user name, if any. A listener that requires a
 * certificate has verified it already.
 */
export class Unasked implements Authenticator {
  readonly #allow: (listener: string) => boolean;
  /** Only a client could tell whether it has a certificate of that name. */
  readonly knows?: () => boolean;

  /**
   * `allow`: whether clients may enter by the listener of this name.
   * `provesNames`: whether any listener takes user names from certificates.
   */
  constructor(allow: (listener: string) => boolean, provesNames = false) {
    this.#allow = allow;
    if (provesNames) this.knows = () => true;
  }

  authenticate(credentials: Credentials): AuthOutcome {
    const { listener, certificate, username, isCertified } = credentials;
    if (this.#allow(listener) || certificate !== null || isCertified) {
      const isClaimed = username !== null && !isCertified;
      return {
        kind: "allow",
        identity: identityOf(credentials, { isClaimed }),
      };
    }
    return {
      kind: "deny",
      reasonCode: hasNoCredentials(credentials)
        ? ReasonCode.NotAuthorized
        : ReasonCode.BadUserNameOrPassword,
      why: "the listener requires credentials, and no [[auth]] " +
        "knows any",
    };
  }

  begin(): AuthExchange | null {
    return null;
  }

  stillAllows({ listener, certificate, isCertified }: Identity): boolean {
    return isCertified === true || (certificate ?? null) !== null ||
      (listener !== undefined && this.#allow(listener));
  }
}
