import { identityOf } from "../identity.ts";
import type { Link, Verdict } from "./link.ts";

/** Accepts clients without a user name; a password alone proves nothing. */
export const anonymousLink: Link = {
  name: "anonymous",
  judge(credentials): Verdict {
    return credentials.username === null
      ? { kind: "allow", identity: identityOf(credentials) }
      // Else any client could take the name of another.
      : { kind: "ignore", why: "the client has a user name" };
  },
  knows: (username) => username === null,
};
