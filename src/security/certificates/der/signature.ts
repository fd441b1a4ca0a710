import { constants, type KeyObject, verify } from "node:crypto";
import { type DerElement, DerReader, readOid, Tag } from "./der.ts";

/** Hashes of the signatures that are known; null where it is part of them. */
const HASHES: ReadonlyMap<string, string | null> = new Map([
  ["1.2.840.113549.1.1.11", "sha256"],
  ["1.2.840.113549.1.1.12", "sha384"],
  ["1.2.840.113549.1.1.13", "sha512"],
  ["1.2.840.10045.4.3.2", "sha256"],
  ["1.2.840.10045.4.3.3", "sha384"],
  ["1.2.840.10045.4.3.4", "sha512"],
  ["1.3.101.112", null],
]);

/** RSASSA-PSS: the hash is a parameter (RFC 4055, 3.1). */
const PSS = "1.2.840.113549.1.1.10";

/** Hashes as parameters name them, with the length of their values (bytes). */
const DIGESTS: ReadonlyMap<string, readonly [string, number]> = new Map([
  ["2.16.840.1.101.3.4.2.1", ["sha256", 32]],
  ["2.16.840.1.101.3.4.2.2", ["sha384", 48]],
  ["2.16.840.1.101.3.4.2.3", ["sha512", 64]],
]);

/** RSA keys below are too weak for anybody's signature (bits). */
const SMALLEST_RSA = 2048;

/** Signed bytes, their signature and its algorithm. */
export interface Signed {
  /** The bytes that the signature is about. */
  readonly signed: Uint8Array;
  /** The AlgorithmIdentifier. */
  readonly algorithm: DerElement;
  /** The signature. */
  readonly signature: Uint8Array;
}

/** Returns the object identifier of an AlgorithmIdentifier. */
export function algorithmOf({ content }: DerElement): string {
  return readOid(new DerReader(content).next(Tag.Oid).content);
}

/** Returns whether signatures by the algorithm can be verified here. */
export function isKnownAlgorithm(algorithm: DerElement): boolean {
  const oid = algorithmOf(algorithm);
  return HASHES.has(oid) || oid === PSS;
}

/**
 * Returns whether `key` has made the signature. False also for algorithms with
 * SHA-1 or older hashes, and for RSA keys of less than 2,048 bits.
 */
export function hasSigned(key: KeyObject, one: Signed): boolean {
  try {
    const { modulusLength } = key.asymmetricKeyDetails ?? {};
    if (modulusLength !== undefined && modulusLength < SMALLEST_RSA) {
      return false;
    }
    const oid = algorithmOf(one.algorithm);
    const hash = HASHES.get(oid);
    if (hash !== undefined) {
      return verify(hash, one.signed, key, one.signature);
    }
    return oid === PSS && verifyPss(key, one);
  } catch {
    return false;
  }
}

function verifyPss(
  key: KeyObject,
  { algorithm, signed, signature }: Signed,
): boolean {
  const whole = new DerReader(algorithm.content);
  whole.next(Tag.Oid);
  // Without a hash in the parameters it is SHA-1.
  const hash = whole.inside().inside(0xa0).inside();
  const digest = DIGESTS.get(readOid(hash.next(Tag.Oid).content));
  if (digest === undefined) return false;
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  const [name, saltLength] = digest;
  return verify(name, signed, { key, padding, saltLength }, signature);
}
