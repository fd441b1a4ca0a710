import { createHash } from "node:crypto";
import { pemCertificates } from "../../authority/keys/pem.ts";
import {
  type DerElement,
  DerError,
  DerReader,
  readOid,
  readTime,
  Tag,
} from "./der.ts";
import { asciiText, readName } from "./distinguished_name.ts";

/** Subject of a certificate, as access rules and the log see it. */
export interface CertificateFacts {
  /** SHA-256 of the certificate: 64 digits of lowercase hex. */
  readonly fingerprint: string;
  /** As RFC 4514 writes it: `CN=pump,O=Works`; empty without a name. */
  readonly subject: string;
  /** The first common name; null without one. */
  readonly commonName: string | null;
  /** DNS names of the subjectAltName. */
  readonly dnsNames: readonly string[];
  /** Mail addresses of the subjectAltName. */
  readonly emails: readonly string[];
  /** Its issuer, as RFC 4514 writes it. */
  readonly issuer: string;
  /** Lowercase hex without leading zeros. */
  readonly serial: string;
  /** End of its life, in ms since 1970. */
  readonly notAfter: number;
}

/** A certificate, taken apart. */
export interface ReadCertificate extends CertificateFacts {
  /** Begin of its life, in ms since 1970. */
  readonly notBefore: number;
  /** Addresses of the subjectAltName, as hex of 4 or 16 bytes. */
  readonly addresses: readonly string[];
  /** Purposes (extended key usage); null for any. */
  readonly purposes: readonly string[] | null;
  /** True if it may sign revocation lists. */
  readonly maySignLists: boolean;
  /** The name of its subject, comparable. */
  readonly subjectKey: string;
  /** The name of its issuer, comparable. */
  readonly issuerKey: string;
}

/** Purposes that a certificate may be for. */
export const Purpose = {
  Any: "2.5.29.37.0",
  Server: "1.3.6.1.5.5.7.3.1",
  Client: "1.3.6.1.5.5.7.3.2",
} as const;

/** Returns whether a certificate may be used for `purpose`. */
export function isFor(
  { purposes }: Pick<ReadCertificate, "purposes">,
  purpose: string,
): boolean {
  return purposes === null || purposes.includes(purpose) ||
    purposes.includes(Purpose.Any);
}

/**
 * Takes a certificate apart (RFC 5280, 4.1). It proves nothing: whether the
 * peer holds its key and who signed it has been looked at by TLS.
 *
 * @throws {DerError} when it is none.
 */
export function readCertificate(der: Uint8Array): ReadCertificate {
  const body = new DerReader(der).inside().inside();
  body.optional(0xa0); // version
  const serial = readSerial(body.next(Tag.Integer));
  body.next(Tag.Sequence); // signature algorithm
  const issuer = readName(body.next(Tag.Sequence));
  const validity = body.inside();
  const notBefore = readTime(validity.next());
  const notAfter = readTime(validity.next());
  const subject = readName(body.next(Tag.Sequence));
  body.next(Tag.Sequence); // public key
  const extensions = readExtensions(body);
  const names = readAlternativeNames(extensions.get("2.5.29.17"));
  const usage = extensions.get("2.5.29.15");
  return {
    fingerprint: createHash("sha256").update(der).digest("hex"),
    subject: subject.text,
    commonName: subject.commonName,
    ...names,
    issuer: issuer.text,
    serial,
    notBefore,
    notAfter,
    purposes: readPurposes(extensions.get("2.5.29.37")),
    maySignLists: usage === undefined || maySignLists(usage),
    subjectKey: subject.key,
    issuerKey: issuer.key,
  };
}

/** Returns a serial number as lowercase hex, without leading zeros. */
export function readSerial({ content }: DerElement): string {
  return content.toHex().replace(/^0+(?=.)/, "");
}

/** Extensions by their identifier: what their octet string holds. */
function readExtensions(body: DerReader): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  while (!body.isAtEnd) {
    const element = body.next();
    if (element.tag !== 0xa3) continue; // unique ids
    const list = new DerReader(element.content).inside();
    while (!list.isAtEnd) {
      const one = list.inside();
      const oid = readOid(one.next(Tag.Oid).content);
      one.optional(Tag.Boolean); // critical
      if (found.has(oid)) throw new DerError("an extension stands there twice");
      found.set(oid, one.next(Tag.OctetString).content);
    }
  }
  return found;
}

/** GeneralNames (RFC 5280, 4.2.1.6): mail, DNS and addresses. */
function readAlternativeNames(content: Uint8Array | undefined) {
  const dnsNames: string[] = [];
  const emails: string[] = [];
  const addresses: string[] = [];
  if (content !== undefined) {
    const list = new DerReader(content).inside();
    while (!list.isAtEnd) {
      const name = list.next();
      const text = asciiText(name.content);
      if (name.tag === 0x81 && text !== null) emails.push(text);
      if (name.tag === 0x82 && text !== null) dnsNames.push(text);
      if (name.tag === 0x87) addresses.push(name.content.toHex());
    }
  }
  return { dnsNames, emails, addresses };
}

function readPurposes(content: Uint8Array | undefined): string[] | null {
  if (content === undefined) return null;
  const purposes: string[] = [];
  const list = new DerReader(content).inside();
  while (!list.isAtEnd) purposes.push(readOid(list.next(Tag.Oid).content));
  return purposes;
}

/** Bit 6 of the key usage, cRLSign (RFC 5280, 4.2.1.3). */
function maySignLists(content: Uint8Array): boolean {
  const bits = new DerReader(content).next(Tag.BitString).content;
  return bits.length >= 2 && (bits[1] & 0x02) !== 0;
}

/**
 * As `readCertificate`, of the first certificate in PEM text.
 *
 * @throws {DerError} when there is none.
 */
export function readPemCertificate(text: string): ReadCertificate {
  const [first] = pemCertificates(text);
  if (first === undefined) throw new DerError("no certificate");
  return readCertificate(
    Uint8Array.fromBase64(first.replaceAll(/-----[^-]+-----/g, "")),
  );
}
