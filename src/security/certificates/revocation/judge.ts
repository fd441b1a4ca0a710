import type { CertificateState } from "../../authority/list/certificate_entry.ts";
import { isFor, Purpose, type ReadCertificate } from "../der/facts.ts";
import type { RevocationStatus } from "./revocations.ts";

/** Client certificates that a listener accepts. */
export type CertificateMode =
  | "off"
  | "optional"
  | "required"
  | "authorized"
  | "authorized-any-issuer";

/** Why a client is refused for its certificate. */
export type CertificateRefusal =
  | "missing"
  | "unreadable"
  | "revoked"
  | "revoked-by-issuer"
  | "not-yet-valid"
  | "expired"
  | "wrong-usage"
  | "untrusted"
  | "crl-expired"
  | "crl-missing"
  | "pending"
  | "unknown"
  | "no-user-name";

/** Facts that a certificate is judged by. */
export interface CertificateCase {
  /** As the listener has it. */
  readonly mode: CertificateMode;
  /** The certificate that the client showed; null for none. */
  readonly certificate:
    | Pick<ReadCertificate, "notBefore" | "notAfter" | "purposes">
    | null;
  /** True if an authority of the listener issued it. */
  readonly isTrusted: boolean;
  /** Its state on the list of certificates; null when it is not listed. */
  readonly state: CertificateState | null;
  /** Its state by the revocation lists of its issuers. */
  readonly revocation: RevocationStatus;
  /** True if an expired list refuses the clients of its authority. */
  readonly refusesStale: boolean;
  /** True if a certificate without its issuer's list is refused. */
  readonly refusesUnlisted: boolean;
  /** The date, in ms since 1970. */
  readonly now: number;
}

/**
 * Returns whether a client may come in by its certificate: null for yes, else
 * why not. Revocation goes before everything, whatever the mode.
 */
export function judgeCertificate(
  { certificate, mode, ...asked }: CertificateCase,
): CertificateRefusal | null {
  if (mode === "off") return null;
  if (certificate === null) return mode === "optional" ? null : "missing";
  if (asked.state === "revoked") return "revoked";
  if (asked.revocation === "revoked") return "revoked-by-issuer";
  if (asked.now < certificate.notBefore) return "not-yet-valid";
  if (asked.now > certificate.notAfter) return "expired";
  if (!isFor(certificate, Purpose.Client)) return "wrong-usage";
  if (!asked.isTrusted && mode !== "authorized-any-issuer") return "untrusted";
  if (asked.revocation === "stale" && asked.refusesStale) return "crl-expired";
  if (asked.revocation === "missing" && asked.refusesUnlisted) {
    return "crl-missing";
  }
  if (mode === "optional" || mode === "required") return null;
  if (asked.state === "authorized") return null;
  return asked.state === "pending" ? "pending" : "unknown";
}

/** Returns whether a refusal is for a date alone: time brings it about. */
export function isOfDate(refusal: CertificateRefusal): boolean {
  return refusal === "not-yet-valid" || refusal === "expired" ||
    refusal === "crl-expired";
}
