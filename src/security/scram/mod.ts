/** SCRAM-SHA-256: proof of a password that does not tell it (RFC 5802, 7677). */
export { SCRAM_METHOD, ScramLink } from "./scram_link.ts";
export { StandIns } from "./stand_ins.ts";
export type { ScramUser } from "./users.ts";
