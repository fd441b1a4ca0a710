import type { Identity } from "../authenticator.ts";
import { identityOf } from "../identity.ts";
import type { Link, Verdict } from "./link.ts";

/**
 * The link that lets in whoever came by a certificate that the listener
 * believes, or a proxy that the listener trusts. Its user name is that of the certificate; without one, and with one
 * of its own in CONNECT, the client still has to prove that.
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
  // Whoever takes a certificate back ends the connections by it.
  stillAllows: ({ certificate, isCertified }: Identity) =>
    isCertified === true || (certificate ?? null) !== null,
};
