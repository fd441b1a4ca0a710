import { DerReader, readOid, readTime, Tag } from "../der/der.ts";
import { readName } from "../der/distinguished_name.ts";
import { readSerial } from "../der/facts.ts";
import type { LoadedAuthority } from "../identity/load_authorities.ts";
import {
  algorithmOf,
  hasSigned,
  isKnownAlgorithm,
  type Signed,
} from "../der/signature.ts";

/** Critical extensions that do not change what the list means for us. */
const UNDERSTOOD = ["2.5.29.20", "2.5.29.35"];

/** A list of certificates that their issuer has taken back (RFC 5280, 5). */
export interface RevocationList {
  /** The issuer, as RFC 4514 writes it. */
  readonly issuer: string;
  /** The issuer, comparable with `ReadCertificate.issuerKey`. */
  readonly issuerKey: string;
  /** When it was made, in ms since 1970. */
  readonly thisUpdate: number;
  /** When there should be a newer one, in ms; null when it does not say. */
  readonly nextUpdate: number | null;
  /** Serial numbers of what is revoked, as `CertificateFacts.serial`. */
  readonly serials: ReadonlySet<string>;
}

/** A list whose entries have not been read: first it must be verified. */
export interface UnreadList extends Omit<RevocationList, "serials">, Signed {
  /** The entries, DER. */
  readonly entries: Uint8Array;
}

/** The reason why a list cannot be used, for the operator. */
export class RevocationFault extends Error {}

/**
 * Takes a list apart; who has signed it `isSignedBy` says.
 *
 * @throws {DerError} when it is none.
 * @throws {RevocationFault} when it means more than can be understood here.
 */
export function readRevocationList(der: Uint8Array): UnreadList {
  const outer = new DerReader(der).inside();
  const signed = outer.next(Tag.Sequence);
  const algorithm = outer.next(Tag.Sequence);
  // The first byte tells of unused bits, of which a signature has none.
  const signature = outer.next(Tag.BitString).content.subarray(1);
  const body = new DerReader(signed.content);
  body.optional(Tag.Integer); // version
  body.next(Tag.Sequence); // signature algorithm, once more
  const issuer = readName(body.next(Tag.Sequence));
  const thisUpdate = readTime(body.next());
  const hasNext = body.nextTag === Tag.UtcTime ||
    body.nextTag === Tag.GeneralizedTime;
  const nextUpdate = hasNext ? readTime(body.next()) : null;
  const entries = body.optional(Tag.Sequence);
  const extensions = body.optional(0xa0);
  if (extensions !== null) refuseUnknown(new DerReader(extensions.content));
  return {
    issuer: issuer.text,
    issuerKey: issuer.key,
    thisUpdate,
    nextUpdate,
    entries: entries?.content ?? new Uint8Array(0),
    signed: signed.whole,
    algorithm,
    signature,
  };
}

/**
 * Returns the serial numbers in a list, one after the other.
 *
 * @throws {DerError} when an entry makes no sense.
 */
export function* serialsOf(
  { entries }: Pick<UnreadList, "entries">,
): Iterable<string> {
  const list = new DerReader(entries);
  while (!list.isAtEnd) yield readSerial(list.inside().next(Tag.Integer));
}

/** Lists of changes and of other issuers say so in a critical extension. */
function refuseUnknown(body: DerReader): void {
  const list = body.inside();
  while (!list.isAtEnd) {
    const one = list.inside();
    const oid = readOid(one.next(Tag.Oid).content);
    const isCritical = one.optional(Tag.Boolean) !== null;
    if (isCritical && !UNDERSTOOD.includes(oid)) {
      throw new RevocationFault(
        `has a critical extension ${oid}, as lists of changes or of other ` +
          "issuers have: ask the authority for its full list",
      );
    }
  }
}

/**
 * Returns whether `authority` has signed the list, and may.
 *
 * @throws {RevocationFault} when the signature is of an unknown kind.
 */
export function isSignedBy(
  list: UnreadList,
  { facts, certificate }: Pick<LoadedAuthority, "facts" | "certificate">,
): boolean {
  if (facts.subjectKey !== list.issuerKey || !facts.maySignLists) return false;
  if (!isKnownAlgorithm(list.algorithm)) {
    throw new RevocationFault(
      `has an unknown signature algorithm (${algorithmOf(list.algorithm)}): ` +
        "have it signed with SHA-256 or better, by RSA, ECDSA or Ed25519",
    );
  }
  return hasSigned(certificate.publicKey, list);
}
