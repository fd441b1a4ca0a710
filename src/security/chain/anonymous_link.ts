import { hasNoCredentials, identityOf } from "../identity.ts";
import type { Link, Verdict } from "./link.ts";

/** The link that lets in whoever gives no credentials at all. */
export const anonymousLink: Link = {
  name: "anonymous",
  judge(credentials): Verdict {
    return hasNoCredentials(credentials)
      ? { kind: "allow", identity: identityOf(credentials) }
      // Else anybody could come in under the name of somebody else.
      : { kind: "not-mine", why: "it gives credentials" };
  },
};
