/** Users and their passwords: files, hashes, and the link that asks for them. */
export {
  type Argon2Hash,
  type HashKind,
  looksLikeHash,
  parseHash,
  type PasswordHash,
  type Pbkdf2Hash,
  printHash,
  type ScramHash,
  type Sha512Hash,
} from "./hash.ts";
export { makeHash, matches, SCRAM_ITERATIONS, scramHash } from "./derive.ts";
export { saslPrep } from "./saslprep.ts";
export {
  hasUser,
  parsePasswordFile,
  PasswordFileError,
  type PasswordUsers,
  readPasswordFile,
  readPasswordText,
  withUser,
} from "./password_file.ts";
export { knownUsers } from "./known_users.ts";
export { Hashing, type HashingOptions, TooBusyError } from "./hashing.ts";
export { KnownLogins } from "./known_logins.ts";
export { PasswordLink, type PasswordPorts } from "./password_link.ts";
