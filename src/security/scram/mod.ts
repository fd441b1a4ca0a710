/** SCRAM-SHA-256: proof of a password that does not tell it (RFC 5802, 7677). */
export { SCRAM_METHOD, ScramLink } from "./scram_link.ts";
export { scramHash, type ScramUser } from "./users.ts";
export {
  checkPassword,
  DEFAULT_ITERATIONS,
  formatVerifier,
  ITERATIONS,
  makeVerifier,
  parseVerifier,
  SCRAM_PREFIX,
  type ScramVerifier,
} from "./verifier.ts";
export { saslPrep } from "./saslprep.ts";
