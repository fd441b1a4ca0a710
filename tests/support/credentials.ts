import type { Credentials } from "../../src/security/mod.ts";

/** Credentials of a client; `password` as text. */
export function credentials(
  username: string | null,
  password: string | null,
  more: Partial<Omit<Credentials, "username" | "password">> = {},
): Credentials {
  return {
    clientId: "client",
    username,
    password: password === null ? null : new TextEncoder().encode(password),
    version: 5,
    listener: "tcp",
    hostname: "192.0.2.1",
    certificate: null,
    isCertified: false,
    ...more,
  };
}

/** What the certificate of `name` says. */
export function certificateOf(
  name: string,
): NonNullable<Credentials["certificate"]> {
  return {
    fingerprint: "0".repeat(64),
    subject: `CN=${name}`,
    commonName: name,
    dnsNames: [],
    emails: [],
    issuer: "CN=ca",
    serial: "1",
    notAfter: 2e12,
  };
}
