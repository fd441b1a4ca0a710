import {
  isFor,
  Purpose,
  readCertificate,
} from "../../certificates/der/facts.ts";
import { AuthorityError } from "../keys/authority_error.ts";
import { type CertificateNames, namesOf } from "../names/certificate_names.ts";
import { keyTypeOf } from "../keys/key_type.ts";
import { pemCertificates } from "../keys/pem.ts";
import type { X509 } from "../keys/x509.ts";

/** A certificate, as the library has it. */
export type Certificate = InstanceType<X509["X509Certificate"]>;

/** Content of a certificate, for people and lists. */
export interface CertificateReading {
  /** SHA-256, 64 digits of lowercase hex. */
  readonly fingerprint: string;
  /** Its whole subject, as RFC 4514 writes it: `CN=pump,O=Works`. */
  readonly subject: string;
  /** Its common name; empty when it has none. */
  readonly name: string;
  /** Its issuer, as `subject`. */
  readonly issuer: string;
  /** Its subject alternative names. */
  readonly names: CertificateNames;
  /** True if a server may use it. */
  readonly isForServer: boolean;
  /** True if a client may use it; neither or both may be true. */
  readonly isForClient: boolean;
  /** True if it may issue others. */
  readonly isAuthority: boolean;
  /** Its key: a `KeyType`, or another kind that was imported. */
  readonly keyType: string;
  /** Lowercase hex. */
  readonly serial: string;
  /** Begin of its life, in ms since 1970. */
  readonly notBefore: number;
  /** End of its life, in ms since 1970. */
  readonly notAfter: number;
}

/**
 * Returns the certificates of `text`, PEM or a single one as DER; `what` names
 * its file.
 *
 * @throws {AuthorityError} `unsuitable` when there is none, or one is damaged
 */
export function parseCertificates(
  { X509Certificate }: X509,
  content: string | Uint8Array<ArrayBuffer>,
  what: string,
): [Certificate, ...Certificate[]] {
  const sources = typeof content === "string"
    ? pemCertificates(content)
    : [content];
  try {
    const [first, ...others] = sources.map((one) => new X509Certificate(one));
    if (first !== undefined) return [first, ...others];
  } catch (error) {
    throw new AuthorityError(
      "unsuitable",
      `${what} has a damaged certificate`,
      error,
    );
  }
  throw new AuthorityError(
    "unsuitable",
    `${what} has no certificate: it must be PEM, with a line ` +
      "-----BEGIN CERTIFICATE-----",
  );
}

/** Returns what `certificate` says. */
export function readingOf(
  x509: X509,
  certificate: Certificate,
): CertificateReading {
  const facts = readCertificate(new Uint8Array(certificate.rawData));
  const basic = certificate.getExtension(x509.BasicConstraintsExtension);
  const names = certificate.getExtension(x509.SubjectAlternativeNameExtension);
  return {
    fingerprint: facts.fingerprint,
    subject: facts.subject,
    name: facts.commonName ?? "",
    issuer: facts.issuer,
    names: namesOf(x509, names),
    isForServer: isFor(facts, Purpose.Server),
    isForClient: isFor(facts, Purpose.Client),
    isAuthority: basic?.ca === true,
    keyType: keyTypeOf(certificate.publicKey.algorithm),
    serial: facts.serial,
    notBefore: facts.notBefore,
    notAfter: facts.notAfter,
  };
}
