import type {
  Authenticator,
  AuthExchange,
  AuthOutcome,
  Credentials,
} from "./authenticator.ts";

/** Lets everybody in, under the user name they give, if any. */
export class AllowAll implements Authenticator {
  authenticate(credentials: Credentials): AuthOutcome {
    return {
      kind: "allow",
      identity: {
        clientId: credentials.clientId,
        username: credentials.username,
        certificate: credentials.certificate,
      },
    };
  }

  begin(): AuthExchange | null {
    return null;
  }
}
