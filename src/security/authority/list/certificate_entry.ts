/**
 * The operator's decision on a certificate. `revoked` overrides everything;
 * `pending` was seen and refused, and waits for a decision.
 */
export type CertificateState = "authorized" | "revoked" | "pending";

/** All states, in the order of their weight. */
export const certificateStates: readonly CertificateState[] = [
  "authorized",
  "pending",
  "revoked",
];

/** Entry of one certificate. */
export interface CertificateEntry {
  /** The operator's name for it; else its common name. */
  readonly name: string;
  /** State that the operator gave it. */
  readonly state: CertificateState;
  /** The operator's words; often empty. */
  readonly note: string;
  /** When it came onto the list: ISO 8601, UTC. */
  readonly added: string;
  /** When `state`, `name` or `note` last changed: ISO 8601, UTC. */
  readonly changed: string;
  /** As in the certificate, RFC 4514; empty where only its fingerprint is known. */
  readonly subject: string;
  /** End of its life, ISO 8601, UTC; null where only its fingerprint is known. */
  readonly expires: string | null;
}

/** The list: entries by SHA-256 fingerprint, 64 digits of lowercase hex. */
export type CertificateList = ReadonlyMap<string, CertificateEntry>;

const DIGITS = /^[0-9a-f]{64}$/;

/**
 * Returns a SHA-256 fingerprint as the list has it. People write it as `openssl
 * x509
 * -fingerprint` does, too: capitals, colons, `SHA256 Fingerprint=` before it.
 * Null for what is no fingerprint.
 */
export function readFingerprint(text: string): string | null {
  const digits = text.trim().replace(/^sha-?256(?:[ :]fingerprint)?[=: ]/i, "")
    .replaceAll(/[:\s]/g, "").toLowerCase();
  return DIGITS.test(digits) ? digits : null;
}
