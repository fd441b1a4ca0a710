import {
  type DerElement,
  DerError,
  DerReader,
  readOid,
  Tag,
} from "../der/der.ts";
import { type GeneralName, readGeneralNames } from "../der/general_names.ts";
import type { Signed } from "../der/signature.ts";

/** Critical extensions that the verification of a path takes into account. */
const UNDERSTOOD = [
  "2.5.29.15", // key usage
  "2.5.29.17", // subject alternative name
  "2.5.29.19", // basic constraints
  "2.5.29.30", // name constraints
  "2.5.29.37", // extended key usage
];

/** Facts of a certificate for the verification of a path (RFC 5280, 6.1). */
export interface PathFacts extends Signed {
  /** True with cA, and keyCertSign where a key usage exists: it may issue. */
  readonly mayIssue: boolean;
  /** True for the certificate of an authority (cA). */
  readonly isAuthority: boolean;
  /** True without extensions, as in certificates of the first version. */
  readonly isPlain: boolean;
  /** Most authorities between it and the last certificate; null: no bound. */
  readonly pathLength: number | null;
  /** The names that it is for: its subject, and the alternative ones. */
  readonly names: readonly GeneralName[];
  /** The NameConstraints, DER; null for none. */
  readonly constraints: Uint8Array | null;
  /** A critical extension that is not understood; null for none. */
  readonly unknown: string | null;
}

interface Extension {
  readonly isCritical: boolean;
  readonly content: Uint8Array;
}

/**
 * Reads a certificate for the verification of a path.
 *
 * @throws {DerError} when it is none.
 */
export function readPathFacts(der: Uint8Array): PathFacts {
  const outer = new DerReader(der).inside();
  const body = outer.next(Tag.Sequence);
  const algorithm = outer.next(Tag.Sequence);
  // The first byte counts unused bits, of which a signature has none.
  const signature = outer.next(Tag.BitString).content.subarray(1);
  const inner = new DerReader(body.content);
  inner.optional(0xa0); // version
  inner.next(Tag.Integer); // serial number
  const again = inner.next(Tag.Sequence);
  // Only the inner one is signed (RFC 5280, 4.1.1.2).
  if (again.whole.toHex() !== algorithm.whole.toHex()) {
    throw new DerError("two algorithms of one signature");
  }
  inner.next(Tag.Sequence); // issuer
  inner.next(Tag.Sequence); // validity
  const subject = inner.next(Tag.Sequence);
  inner.next(Tag.Sequence); // public key
  const extensions = readExtensions(inner);
  const content = (oid: string) => extensions.get(oid)?.content;
  const { isAuthority, pathLength } = readBasic(content("2.5.29.19"));
  const usage = content("2.5.29.15");
  const unknown = [...extensions].find(([oid, { isCritical }]) =>
    isCritical && !UNDERSTOOD.includes(oid)
  );
  return {
    ...{ signed: body.whole, algorithm, signature },
    isAuthority,
    isPlain: extensions.size === 0,
    mayIssue: isAuthority && (usage === undefined || maySign(usage)),
    pathLength,
    names: readGeneralNames(subject, content("2.5.29.17")),
    constraints: content("2.5.29.30") ?? null,
    unknown: unknown?.[0] ?? null,
  };
}

function readExtensions(body: DerReader): Map<string, Extension> {
  const found = new Map<string, Extension>();
  while (!body.isAtEnd) {
    const element = body.next();
    if (element.tag !== 0xa3) continue; // unique ids
    const list = new DerReader(element.content).inside();
    while (!list.isAtEnd) {
      const one = list.inside();
      const oid = readOid(one.next(Tag.Oid).content);
      const critical: DerElement | null = one.optional(Tag.Boolean);
      const isCritical = critical !== null && critical.content[0] !== 0;
      if (found.has(oid)) throw new DerError("an extension stands there twice");
      const { content } = one.next(Tag.OctetString);
      found.set(oid, { isCritical, content });
    }
  }
  return found;
}

/** BasicConstraints (RFC 5280, 4.2.1.9). */
function readBasic(content: Uint8Array | undefined) {
  if (content === undefined) return { isAuthority: false, pathLength: null };
  const basic = new DerReader(content).inside();
  const flag = basic.optional(Tag.Boolean);
  const isAuthority = flag !== null && flag.content[0] !== 0;
  const length = basic.optional(Tag.Integer);
  if (length === null) return { isAuthority, pathLength: null };
  const pathLength = length.content.length > 1 ? 127 : length.content[0];
  return { isAuthority, pathLength };
}

/** Bit 5 of the key usage, keyCertSign (RFC 5280, 4.2.1.3). */
function maySign(content: Uint8Array): boolean {
  const bits = new DerReader(content).next(Tag.BitString).content;
  return bits.length >= 2 && (bits[1] & 0x04) !== 0;
}
