import {
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  jwtVerify,
} from "jose";
import { createHash } from "node:crypto";
import type { Clock } from "../../clock/mod.ts";
import { ReasonCode } from "../../mqtt/mod.ts";
import type { Credentials, Identity } from "../authenticator.ts";
import { decodeBareBase64 } from "../base64.ts";
import type { Link, Verdict } from "../chain/mod.ts";
import { identityOf } from "../identity.ts";
import { ClaimError, grantsOf, usernameOf } from "./claims.ts";
import type { TokenHeader, TokenKeys } from "./keys.ts";

/** Demands on tokens, and the claims that are read. */
export interface JwtRules {
  /** Signatures that are accepted; empty means those that fit the keys. */
  readonly algorithms: readonly string[];
  /** Required `iss`; "" accepts any. */
  readonly issuer: string;
  /** One of these must be in `aud`; empty lets any be. */
  readonly audience: readonly string[];
  /** Milliseconds that clocks may differ by. */
  readonly leeway: number;
  /** The claim that is the user name. */
  readonly usernameClaim: string;
  /** True if a user name in CONNECT must equal that of the token. */
  readonly matchUsername: boolean;
  /** The claim that holds topic filters; "" reads none. */
  readonly aclClaim: string;
  /** True if the connection ends when the token expires. */
  readonly disconnectOnExpiry: boolean;
}

/** Bytes of the longest token that is looked at: the largest there are. */
const LONGEST_TOKEN = 16 * 1024;

/** Three parts in base64url (RFC 7515, 7.1). */
const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/** The link that accepts a JSON Web Token as password. */
export class JwtLink implements Link {
  readonly name: string;
  readonly #rules: JwtRules;
  readonly #keys: TokenKeys;
  readonly #clock: Clock;
  /** Digest of the demands on tokens. */
  readonly #demands: string;

  /** Throws `RangeError` when no accepted algorithm fits the keys. */
  constructor(name: string, rules: JwtRules, keys: TokenKeys, clock: Clock) {
    this.name = name;
    this.#keys = keys;
    this.#clock = clock;
    this.#rules = { ...rules, algorithms: accepted(rules, keys) };
    this.#demands = createHash("sha256").update(JSON.stringify([
      rules.issuer,
      rules.audience,
      rules.algorithms,
      rules.usernameClaim,
      rules.aclClaim,
    ])).digest("base64");
  }

  async judge(credentials: Credentials): Promise<Verdict> {
    const token = tokenOf(credentials.password);
    const header = token === null ? null : headerOf(token);
    if (token === null || header === null) {
      return ignored(
        credentials.password === null
          ? "CONNECT has no password"
          : "the password is not a JSON Web Token",
      );
    }
    // An unsigned token is an attack (RFC 8725, 2.1).
    if (header.alg === "none") return deny("the token is not signed");
    const { algorithms } = this.#rules;
    if (!algorithms.includes(header.alg)) {
      return ignored(
        `the token is signed with ${header.alg}; accepted: ` +
          algorithms.join(", "),
      );
    }
    return await this.#verify(token, header, credentials);
  }

  stillAllows({ proof }: Identity): boolean {
    const [demands, key] = proof?.split(" ") ?? [];
    return demands === this.#demands && this.#keys.has(key);
  }

  async #verify(
    token: string,
    header: TokenHeader,
    credentials: Credentials,
  ): Promise<Verdict> {
    let keys;
    try {
      keys = await this.#keys.find(header);
    } catch (error) {
      const why = `the token cannot be verified: ${(error as Error).message}`;
      // Not the client's fault: it may come again.
      return { kind: "deny", reasonCode: ReasonCode.ServerUnavailable, why };
    }
    const { issuer, audience, leeway, algorithms } = this.#rules;
    for (const { id, key } of keys) {
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: [...algorithms],
          issuer: issuer === "" ? undefined : issuer,
          audience: audience.length === 0 ? undefined : [...audience],
          clockTolerance: leeway / 1000,
          currentDate: new Date(this.#clock.date()),
        });
        return this.#admit(payload, id, credentials);
      } catch (error) {
        // Another key of the same name may be the one.
        if (saysNothingOfToken(error)) continue;
        return refusal(error);
      }
    }
    return ignored("no known key signed the token");
  }

  #admit(
    payload: JWTPayload,
    keyId: string,
    credentials: Credentials,
  ): Verdict {
    const { usernameClaim, matchUsername, aclClaim } = this.#rules;
    const username = usernameOf(payload, usernameClaim);
    if (
      matchUsername && credentials.username !== null &&
      credentials.username !== username
    ) return deny("the user name differs from that of the token");
    return {
      kind: "allow",
      identity: identityOf(credentials, {
        username,
        grants: aclClaim === "" ? null : grantsOf(payload, aclClaim),
        expiresAt: this.#endOf(payload),
        proof: `${this.#demands} ${keyId}`,
      }),
    };
  }

  #endOf({ exp }: JWTPayload): number {
    const { disconnectOnExpiry, leeway } = this.#rules;
    return exp === undefined || !disconnectOnExpiry
      ? Infinity
      : exp * 1000 + leeway;
  }
}

/** Returns the algorithms that are accepted and fit. */
function accepted(rules: JwtRules, keys: TokenKeys): readonly string[] {
  if (rules.algorithms.length === 0) return keys.algorithms;
  const fitting = rules.algorithms.filter((one) =>
    keys.algorithms.includes(one)
  );
  if (fitting.length > 0) return fitting;
  throw new RangeError(
    `no key is made for ${rules.algorithms.join(", ")}: accept ` +
      `${keys.algorithms.join(", ")}, or give another key`,
  );
}

function tokenOf(password: Uint8Array | null): string | null {
  if (password === null || password.length > LONGEST_TOKEN) return null;
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(password);
  return TOKEN.test(text) && text.split(".").every(isCanonical) ? text : null;
}

/**
 * Returns whether the part is what an encoder writes: a token has one text
 * only.
 */
function isCanonical(part: string): boolean {
  return decodeBareBase64(part, "base64url") !== null;
}

/** Null when what looks like a token is none. */
function headerOf(token: string): TokenHeader | null {
  try {
    const { alg, kid } = decodeProtectedHeader(token);
    if (typeof alg !== "string") return null;
    return typeof kid === "string" ? { alg, kid } : { alg };
  } catch {
    return null;
  }
}

/**
 * Returns whether the key has not signed the token, or the runtime cannot use
 * it.
 */
function saysNothingOfToken(error: unknown): boolean {
  return error instanceof errors.JWSSignatureVerificationFailed ||
    !(error instanceof errors.JOSEError || error instanceof ClaimError);
}

/** Returns what is wrong with a token that one of our keys has signed. */
function refusal(error: unknown): Verdict {
  if (error instanceof errors.JWTExpired) return deny("the token has expired");
  if (error instanceof errors.JWTClaimValidationFailed) {
    // Several issuers may share a key set, and each have a link of its own.
    if (error.claim === "iss") return ignored("the token has another issuer");
    if (error.reason === "missing") {
      return deny(`the token has no claim ${error.claim}`);
    }
    return deny(
      error.claim === "nbf"
        ? "the token is not valid yet"
        : `the token has another value of claim ${error.claim}`,
    );
  }
  return deny(
    error instanceof ClaimError ? error.message : "the token is malformed",
  );
}

function deny(why: string): Verdict {
  return { kind: "deny", reasonCode: ReasonCode.NotAuthorized, why };
}

function ignored(why: string): Verdict {
  return { kind: "ignore", why };
}
