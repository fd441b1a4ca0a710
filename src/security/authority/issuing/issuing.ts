import type { Issuer } from "../root/authority.ts";
import {
  type Certificate,
  type CertificateReading,
  parseCertificates,
  readingOf,
} from "../root/certificate_reading.ts";
import { atAuthority } from "../root/establish.ts";
import { keepIssued } from "./issued.ts";
import { type Leaf, type LeafPurpose, signLeaf } from "./leaf.ts";
import { validity } from "../keys/validity.ts";
import type { X509 } from "../keys/x509.ts";

/** An issued certificate. */
export interface Issued {
  /** The certificate, then the authorities below the topmost one, in PEM. */
  readonly pem: string;
  /** Its content. */
  readonly reading: CertificateReading;
  /** Its purpose. */
  readonly purpose: LeafPurpose;
  /** The authority's certificate and those above it, in PEM. */
  readonly authorityPem: string;
  /** True if the authority ends before the requested days. */
  readonly endsEarly: boolean;
}

/** Something issued together with a new private key. */
export interface IssuedPair extends Issued {
  /** PKCS#8 in PEM; goes into its file and nowhere else. */
  readonly key: string;
}

/** Chain to send with `leaf`: all but the topmost, which the other side has. */
export function chainOf(
  { x509, authority }: Pick<Issuer, "x509" | "authority">,
  leaf: Certificate,
): string {
  const { pem, files } = authority;
  const above = parseCertificates(x509, pem, files.certificate)
    .filter((one) => one.subject !== one.issuer);
  return [leaf, ...above].map((one) => one.toString("pem") + "\n").join("");
}

/** Returns a name that has nothing but a common name. */
export function commonName(x509: X509, name: string): Leaf["subject"] {
  return new x509.Name([{ CN: [{ utf8String: name }] }]);
}

/**
 * Signs what is asked for, for `days` from `now` on, and keeps a copy of it.
 * Rejects with `AuthorityError`.
 */
export async function signAndKeep(
  issuer: Issuer,
  now: number,
  days: number,
  asked: Omit<Leaf, "life">,
): Promise<Issued> {
  const { authority, x509 } = issuer;
  const life = validity(now, days, authority.reading);
  const certificate = await signLeaf(issuer, { ...asked, life });
  const reading = readingOf(x509, certificate);
  const pem = chainOf(issuer, certificate);
  const { folder } = authority.files;
  await atAuthority(
    folder,
    () => keepIssued(authority.files, reading.fingerprint, pem),
  );
  const { purpose } = asked;
  const authorityPem = authority.pem;
  const endsEarly = reading.notAfter < validity(now, days).notAfter.getTime();
  return { pem, reading, purpose, authorityPem, endsEarly };
}
