import type { Credentials } from "../../src/security/mod.ts";
import { utf8 } from "./bytes.ts";

/** What a test says of the credentials that it makes. */
export interface TestCredentials
  extends Omit<Partial<Credentials>, "password"> {
  readonly password?: string | Uint8Array | null;
}

/** Credentials of a client that gives nothing but what the test says. */
export function credentialsOf(given: TestCredentials = {}): Credentials {
  const { password = null, ...rest } = given;
  return {
    clientId: "c1",
    username: null,
    version: 5,
    listener: "test",
    hostname: "192.0.2.1",
    certificate: null,
    isCertified: false,
    ...rest,
    password: typeof password === "string" ? utf8(password) : password,
  };
}
