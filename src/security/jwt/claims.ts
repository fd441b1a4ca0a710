import { encodeUtf8 } from "../../mqtt/mod.ts";
import type { TopicGrants } from "../authenticator.ts";
import { readGrants } from "../read_grants.ts";

/** Bytes of the longest user name that MQTT has. */
const LONGEST_NAME = 65_535;

/** A claim cannot be used; the message says which and why. */
export class ClaimError extends Error {
  /** `claim` is its name, `wrong` what is wrong with it. */
  constructor(claim: string, wrong: string) {
    super(`its claim ${claim} ${wrong}`);
    this.name = "ClaimError";
  }
}

/**
 * Returns the claim `name`; where there is none of this name, `a.b` is `b`
 * inside of `a`. Undefined when there is none.
 */
function claimOf(claims: unknown, name: string): unknown {
  if (typeof claims !== "object" || claims === null) return undefined;
  if (Object.hasOwn(claims, name)) {
    return (claims as Record<string, unknown>)[name];
  }
  // Names may hold dots of their own: the longest that there is goes first.
  for (
    let dot = name.lastIndexOf(".");
    dot > 0;
    dot = name.lastIndexOf(".", dot - 1)
  ) {
    const outer = name.slice(0, dot);
    if (!Object.hasOwn(claims, outer)) continue;
    const inner = (claims as Record<string, unknown>)[outer];
    const found = claimOf(inner, name.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Returns the user name that a claim gives. Throws `ClaimError`. */
export function usernameOf(claims: unknown, claim: string): string {
  const name = claimOf(claims, claim);
  if (name === undefined) throw new ClaimError(claim, "is missing");
  if (typeof name !== "string" || name === "") {
    throw new ClaimError(claim, "is not a string that could be a user name");
  }
  // A user name that CONNECT cannot hold is refused here, too [MQTT-1.5.4-2].
  if (
    encodeUtf8(name).length > LONGEST_NAME || !name.isWellFormed() ||
    name.includes("\0")
  ) throw new ClaimError(claim, "is not a valid MQTT user name");
  return name;
}

/**
 * Returns what a claim grants; nothing when it is missing. Throws `ClaimError`.
 */
export function grantsOf(claims: unknown, claim: string): TopicGrants {
  try {
    return readGrants(claimOf(claims, claim) ?? {}, `token, claim ${claim}`);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ClaimError(claim, error.message);
  }
}
