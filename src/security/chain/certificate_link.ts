import type { Identity } from "../authenticator.ts";
import { identityOf } from "../identity.ts";
import type { Link, Verdict } from "./link.ts";

/**
 * The link that accepts a client with a certificate that its listener or a
 * trusted proxy verified. The user name is that of the certificate; without one,
 * a client with a user name in CONNECT still has to prove it.
 */
export const certificateLink: Link = {
  name: "client-certificate",
  judge(credentials): Verdict {
    const { certificate, isCertified, username } = credentials;
    if (certificate === null && !isCertified) {
      return { kind: "ignore", why: "it has no certificate" };
    }
    if (!isCertified && username !== null) {
      return {
        kind: "ignore",
        why: "the user name is not that of its certificate",
      };
    }
    return { kind: "allow", identity: identityOf(credentials) };
  },
  // A revocation ends the connections of its certificate by itself.
  stillAllows: ({ certificate, isCertified }: Identity) =>
    isCertified === true || (certificate ?? null) !== null,
};
