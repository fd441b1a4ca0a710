import type { Credentials, Identity } from "./authenticator.ts";

/**
 * Who a client is when its credentials are believed; `found` is what whoever
 * believes them knows better or besides.
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
