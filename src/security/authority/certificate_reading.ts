import { AuthorityError } from "./authority_error.ts";
import { type CertificateNames, namesOf } from "./certificate_names.ts";
import { keyTypeOf } from "./key_type.ts";
import { pemCertificates } from "./pem.ts";
import type { X509 } from "./x509.ts";

/** A certificate, as the library has it. */
export type Certificate = InstanceType<X509["X509Certificate"]>;

/** What a certificate says, as people and lists want to know it. */
export interface CertificateReading {
  /** SHA-256, 64 digits of lowercase hex. */
  readonly fingerprint: string;
  /** The whole of whom it is for, as RFC 4514 writes it, the widest part first. */
  readonly subject: string;
  /** Its common name; empty when it has none. */
  readonly name: string;
  /** Who issued it, as `subject`. */
  readonly issuer: string;
  /** Whom it speaks of, beside the name. */
  readonly names: CertificateNames;
  /** Whether a server may use it. */
  readonly isForServer: boolean;
  /** Whether a client may use it; neither or both may be true. */
  readonly isForClient: boolean;
  /** Whether it may issue others. */
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

/** RFC 5280, 4.2.1.12. */
const SERVER = "1.3.6.1.5.5.7.3.1";
const CLIENT = "1.3.6.1.5.5.7.3.2";

/**
 * The certificates of `text`, PEM or a single one as DER; `what` names its file.
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

/** SHA-256 over the whole certificate, 64 digits of lowercase hex. */
export async function fingerprintOf(certificate: Certificate): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", certificate.rawData);
  return new Uint8Array(bytes).toHex();
}

/** What `certificate` says. */
export async function readingOf(
  x509: X509,
  certificate: Certificate,
): Promise<CertificateReading> {
  const usage = certificate.getExtension(x509.ExtendedKeyUsageExtension);
  // Without the extension it may be used for anything [RFC 5280 §4.2.1.12].
  const isFor = (purpose: string) =>
    usage === null || usage.usages.some((one) => String(one) === purpose);
  const basic = certificate.getExtension(x509.BasicConstraintsExtension);
  return {
    fingerprint: await fingerprintOf(certificate),
    subject: certificate.subject,
    name: certificate.subjectName.getField("CN")[0] ?? "",
    issuer: certificate.issuer,
    names: namesOf(
      x509,
      certificate.getExtension(x509.SubjectAlternativeNameExtension),
    ),
    isForServer: isFor(SERVER),
    isForClient: isFor(CLIENT),
    isAuthority: basic?.ca === true,
    keyType: keyTypeOf(certificate.publicKey.algorithm),
    serial: certificate.serialNumber,
    notBefore: certificate.notBefore.getTime(),
    notAfter: certificate.notAfter.getTime(),
  };
}
