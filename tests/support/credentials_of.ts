import type { Credentials } from "../../src/security/mod.ts";
import { credentials } from "./credentials.ts";

/** What a test says of the credentials that it makes. */
export interface TestCredentials
  extends Omit<Partial<Credentials>, "password"> {
  readonly password?: string | Uint8Array | null;
}

/** Credentials of a client that gives nothing but what the test says. */
export function credentialsOf(given: TestCredentials = {}): Credentials {
  const { username = null, password = null, ...more } = given;
  if (password === null || typeof password === "string") {
    return credentials(username, password, more);
  }
  return { ...credentials(username, null, more), password };
}
