import type { Credentials, Identity } from "./authenticator.ts";

/**
 * Returns the identity of an accepted client: its credentials, with the facts
 * `found` by the authenticator in their place or beside them.
 */
export function identityOf(
  credentials: Credentials,
  found: Partial<Identity> = {},
): Identity {
  const { clientId, username, certificate, isCertified, listener, hostname } =
    credentials;
  return {
    ...{ clientId, username, certificate, listener, hostname },
    ...(isCertified ? { isCertified } : {}),
    ...found,
  };
}

/** Returns whether a client gives nothing by which it could be known. */
export function hasNoCredentials(credentials: Credentials): boolean {
  return credentials.username === null && credentials.password === null;
}
