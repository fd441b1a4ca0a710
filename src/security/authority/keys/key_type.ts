import { AuthorityError } from "./authority_error.ts";

/** The kinds of key that are made. */
export type KeyType =
  | "p256"
  | "p384"
  | "rsa2048"
  | "rsa3072"
  | "rsa4096"
  | "ed25519";

/** All of them, the default first. */
export const keyTypes: readonly KeyType[] = [
  "p256",
  "p384",
  "rsa2048",
  "rsa3072",
  "rsa4096",
  "ed25519",
];

/** Signs with RSA as all TLS clients understand it (RFC 8017, 8.2). */
const RSA = "RSASSA-PKCS1-v1_5";

type GenerateParams = EcKeyGenParams | RsaHashedKeyGenParams | Algorithm;

function paramsOf(type: KeyType): GenerateParams {
  switch (type) {
    case "p256":
      return { name: "ECDSA", namedCurve: "P-256" };
    case "p384":
      return { name: "ECDSA", namedCurve: "P-384" };
    case "ed25519":
      return { name: "Ed25519" };
    case "rsa2048":
    case "rsa3072":
    case "rsa4096":
      return {
        name: RSA,
        modulusLength: Number(type.slice(3)),
        publicExponent: new Uint8Array([1, 0, 1]),
        hash: "SHA-256",
      };
  }
}

/** Returns a new pair of keys; RSA with 4096 bits may take seconds. */
export async function newKeys(type: KeyType): Promise<CryptoKeyPair> {
  const usages: KeyUsage[] = ["sign", "verify"];
  const keys = await crypto.subtle.generateKey(paramsOf(type), true, usages);
  return keys as CryptoKeyPair;
}

/** Algorithm of a key, as WebCrypto names it. */
type KnownAlgorithm = KeyAlgorithm & {
  readonly namedCurve?: string;
  readonly modulusLength?: number;
};

/**
 * Returns what kind of key this is, for people and programs: a `KeyType`, or
 * that of an imported one, as `p521` or `rsa3000`.
 */
export function keyTypeOf(algorithm: KeyAlgorithm): string {
  const { name, namedCurve, modulusLength } = algorithm as KnownAlgorithm;
  if (namedCurve !== undefined) {
    return namedCurve.toLowerCase().replace("-", "");
  }
  if (modulusLength !== undefined) return `rsa${modulusLength}`;
  return name.toLowerCase();
}

/** Accepted types of keys that come from elsewhere: long enough to be safe. */
const acceptable =
  /^(p256|p384|p521|ed25519|rsa(20[4-9]\d|2[1-9]\d\d|[34]\d{3}))$/;

/**
 * Makes sure that a key from elsewhere is strong enough, and not so large that
 * checking it would hold up a handshake.
 *
 * @throws {AuthorityError} `unsuitable`, beginning with `what`.
 */
export function checkKeyType(algorithm: KeyAlgorithm, what: string): void {
  const type = keyTypeOf(algorithm);
  if (acceptable.test(type)) return;
  throw new AuthorityError(
    "unsuitable",
    `${what} has a key of type ${type}: use P-256, P-384, P-521, Ed25519, or ` +
      "RSA with 2048 to 4096 bits",
  );
}

/** Returns how a key of this kind signs: with a hash as strong as itself. */
export function signingAlgorithm(
  algorithm: KeyAlgorithm,
): Algorithm | EcdsaParams {
  const { name, namedCurve } = algorithm as KnownAlgorithm;
  if (namedCurve === undefined) {
    return name === RSA ? { name, hash: "SHA-256" } as Algorithm : { name };
  }
  const hashes = { "P-256": "SHA-256", "P-384": "SHA-384", "P-521": "SHA-512" };
  return { name, hash: hashes[namedCurve as keyof typeof hashes] };
}
