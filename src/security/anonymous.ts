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
 * Asks nobody: lets everybody in by listeners that `allow` says, under the user
 * name they give, if any. A listener that has asked for a certificate has seen
 * one, and that will do.
 */
export class Unasked implements Authenticator {
  readonly #allow: (listener: string) => boolean;

  /** `allow`: whether clients may enter by the listener of this name. */
  constructor(allow: (listener: string) => boolean) {
    this.#allow = allow;
  }

  authenticate(credentials: Credentials): AuthOutcome {
    const { listener, certificate, isCertified } = credentials;
    if (this.#allow(listener) || certificate !== null || isCertified) {
      return { kind: "allow", identity: identityOf(credentials) };
    }
    return {
      kind: "deny",
      reasonCode: hasNoCredentials(credentials)
        ? ReasonCode.NotAuthorized
        : ReasonCode.BadUserNameOrPassword,
      why: "the listener lets nobody in without credentials, and no [[auth]] " +
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
