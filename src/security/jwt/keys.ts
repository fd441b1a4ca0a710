import { CodedError } from "../../errors/mod.ts";
import {
  calculateJwkThumbprint,
  createLocalJWKSet,
  type CryptoKey,
  importJWK,
  type JWK,
} from "jose";
import { Buffer } from "node:buffer";
import { createHmac, createPublicKey, randomBytes } from "node:crypto";

/** A key that may have signed a token. */
export interface TokenKey {
  /** Tells keys apart, and tells nothing else; of this process alone. */
  readonly id: string;
  /** As `jwtVerify` takes it. */
  readonly key: CryptoKey | Uint8Array;
}

/** Header of a token, as far as it names the key. */
export interface TokenHeader {
  /** Like `ES256`. */
  readonly alg: string;
  /** The key's name, where it has one. */
  readonly kid?: string;
}

/** The keys of a link. */
export interface TokenKeys {
  /** Algorithms that fit the keys; no key serves another. */
  readonly algorithms: readonly string[];
  /**
   * Returns those that could have signed a token. Rejects when none can be had.
   */
  find(header: TokenHeader): Promise<readonly TokenKey[]>;
  /**
   * Returns whether the key of this id is still among them, as far as is known.
   */
  has(id: string): boolean;
}

/** A key cannot be used; says which, what is wrong, and what to do. */
export class TokenKeyError extends CodedError {
  /** The code, as the log has it. */
  override readonly code = "token-key-invalid";
  /** `what` is a setting or a file. */
  constructor(what: string, wrong: string, cause?: unknown) {
    super(`${what} ${wrong}`, { cause });
    this.name = "TokenKeyError";
  }
}

const SECRET_ALGORITHMS = ["HS256", "HS384", "HS512"];

const RSA_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];

const CURVE_ALGORITHMS: ReadonlyMap<string, readonly string[]> = new Map([
  ["P-256", ["ES256"]],
  ["P-384", ["ES384"]],
  ["P-521", ["ES512"]],
  // Its new name is RFC 9864's; both mean the same signature.
  ["Ed25519", ["EdDSA", "Ed25519"]],
]);

/** All that public keys can be for. */
export const PUBLIC_ALGORITHMS: readonly string[] = [
  ...RSA_ALGORITHMS,
  ...[...CURVE_ALGORITHMS.values()].flat(),
];

/** The shortest secret of HS256 (bytes): RFC 7518, 3.2. */
const SHORTEST_SECRET = 32;

/** The shortest modulus of RSA (bits): RFC 7518, 3.3 and 3.5. */
const SHORTEST_RSA = 2048;

/** Keys of one set that are looked at; more are no set of one issuer. */
const MOST_KEYS = 100;

/** Keys that are tried for one token. */
const MOST_TRIED = 8;

/** Ids are equal within one process alone, and cannot be searched for. */
const idKey = randomBytes(32);

function idOf(text: string | Uint8Array): string {
  return createHmac("sha256", idKey).update(text).digest("base64");
}

/** Returns the one key of tokens that are signed with a secret. */
export function secretKeys(secret: string): TokenKeys {
  const key = new TextEncoder().encode(secret);
  if (key.length < SHORTEST_SECRET) {
    throw new TokenKeyError(
      "key",
      `is too short: ${key.length} bytes; an attacker with a token could find it ` +
        `by guessing, so give ${SHORTEST_SECRET} random ones or more`,
    );
  }
  const one: TokenKey = { id: idOf(key), key };
  return {
    algorithms: SECRET_ALGORITHMS,
    find: ({ alg }) =>
      Promise.resolve(SECRET_ALGORITHMS.includes(alg) ? [one] : []),
    has: (id) => id === one.id,
  };
}

/** Returns the public key in the text of a PEM file; `path` is for errors. */
export async function pemKeys(pem: string, path: string): Promise<TokenKeys> {
  if (/PRIVATE KEY-----/.test(pem)) {
    throw new TokenKeyError(
      path,
      "holds a private key: a broker that verifies tokens needs the public one; " +
        "openssl pkey -in FILE -pubout writes it",
    );
  }
  let jwk: JWK;
  try {
    jwk = createPublicKey({ key: Buffer.from(pem), format: "pem" })
      .export({ format: "jwk" }) as JWK;
  } catch (error) {
    throw new TokenKeyError(
      path,
      "holds no public key: give a PEM file that begins with " +
        "-----BEGIN PUBLIC KEY-----",
      error,
    );
  }
  const keys = await keySet([jwk], path);
  // One key has no name: tokens may call it what they like.
  return { ...keys, find: ({ alg }) => keys.find({ alg }) };
}

/** Returns the public keys of a JWKS (RFC 7517, 5); `path` is for errors. */
export async function jwksKeys(text: string, path: string): Promise<TokenKeys> {
  let keys: unknown;
  try {
    keys = (JSON.parse(text) as { keys?: unknown } | null)?.keys;
  } catch {
    keys = null;
  }
  if (!Array.isArray(keys)) {
    throw new TokenKeyError(
      path,
      `is not a JWKS: expected JSON like {"keys": [...]}`,
    );
  }
  if (keys.length > MOST_KEYS) {
    throw new TokenKeyError(
      path,
      `holds ${keys.length} keys, more than the ${MOST_KEYS} allowed`,
    );
  }
  return await keySet(keys, path);
}

async function keySet(
  jwks: readonly JWK[],
  path: string,
): Promise<TokenKeys> {
  const sets: { id: string; find: ReturnType<typeof createLocalJWKSet> }[] = [];
  const algorithms = new Set<string>();
  for (const jwk of jwks) {
    const fitting = algorithmsOf(jwk);
    // A key that cannot be used is ignored; the others count (RFC 7517, 5).
    if (fitting.length === 0 || !await isUsable(jwk, fitting[0])) continue;
    for (const one of fitting) algorithms.add(one);
    sets.push({
      id: idOf(await calculateJwkThumbprint(jwk)),
      find: createLocalJWKSet({ keys: [jwk] }),
    });
  }
  if (sets.length === 0) {
    throw new TokenKeyError(
      path,
      "holds no key that could have signed a token: it needs a public one " +
        `of RSA (${SHORTEST_RSA} bits or more), P-256, P-384, P-521 or Ed25519`,
    );
  }
  return {
    algorithms: [...algorithms],
    async find(header) {
      const found: TokenKey[] = [];
      for (const { id, find } of sets) {
        if (found.length === MOST_TRIED) break;
        // It does not fit, by name, kind or use.
        const key = await find({ ...header }).catch(() => null);
        if (key !== null) found.push({ id, key });
      }
      return found;
    },
    has: (id) => sets.some((set) => set.id === id),
  };
}

/**
 * Returns whether the runtime takes the key, and standards allow its length.
 */
async function isUsable(jwk: JWK, algorithm: string): Promise<boolean> {
  try {
    await calculateJwkThumbprint(jwk);
    const key = await importJWK(jwk, algorithm);
    if (key instanceof Uint8Array) return false;
    // Browsers' types, which the admin page brings, hide what is left.
    const { algorithm: facts } = key as CryptoKey;
    const { modulusLength } = facts as { modulusLength?: number };
    return modulusLength === undefined || modulusLength >= SHORTEST_RSA;
  } catch {
    return false;
  }
}

/**
 * Returns what a key can sign with; nothing for one that is private or for
 * others.
 */
function algorithmsOf(jwk: JWK | null): readonly string[] {
  if (typeof jwk !== "object" || jwk === null || jwk.d !== undefined) return [];
  if (jwk.use !== undefined && jwk.use !== "sig") return [];
  const { kty, crv } = jwk;
  const fitting = kty === "RSA"
    ? RSA_ALGORITHMS
    : kty === "EC" || kty === "OKP"
    ? CURVE_ALGORITHMS.get(crv ?? "") ?? []
    : [];
  return jwk.alg === undefined
    ? fitting
    : fitting.filter((one) => one === jwk.alg);
}
