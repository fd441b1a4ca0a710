import { createHash, randomBytes } from "node:crypto";
import { looksLikeHash, parseHash, type PasswordHash } from "./hash.ts";
import type { PasswordUsers } from "./password_file.ts";

/**
 * Returns the users that the settings name, whose password may be a hash or the
 * password itself. Throws `RangeError` for what looks like a hash and is none.
 */
export function knownUsers(
  users: readonly { readonly name: string; readonly password: string }[],
): PasswordUsers {
  const known = new Map<string, PasswordHash>();
  for (const { name, password } of users) {
    if (!looksLikeHash(password)) {
      known.set(name, hashOfPlain(password));
      continue;
    }
    try {
      known.set(name, parseHash(password));
    } catch (error) {
      throw new RangeError(
        `the [[user]] ${name}: the hash in password cannot be used: ` +
          (error as Error).message,
      );
    }
  }
  return known;
}

/** One for all and for as long as the process runs: a reload changes nothing. */
const SALT = new Uint8Array(randomBytes(16));

/**
 * A hash that costs nothing: who can read the memory where it is kept finds the
 * settings there, and the password in them.
 */
function hashOfPlain(password: string): PasswordHash {
  const key = createHash("sha512").update(password).update(SALT).digest();
  return { kind: "sha512", salt: SALT, key: new Uint8Array(key) };
}
