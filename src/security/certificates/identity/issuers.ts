import { X509Certificate } from "node:crypto";
import type { LoadedAuthority } from "./load_authorities.ts";
import type { ReadCertificate } from "../der/facts.ts";

/** A certificate and its bytes. */
export interface Shown {
  readonly der: Uint8Array;
  readonly facts: Pick<ReadCertificate, "issuerKey">;
}

/**
 * Returns those of `authorities` that have signed one of `shown`, and those
 * that have signed these, and so on upwards; roots left out, which no list can
 * revoke. A client need not send what its broker has already, and can send
 * others of the same name instead: that must not keep a revoked authority out
 * of sight.
 */
export function issuersAmong(
  authorities: readonly LoadedAuthority[],
  shown: readonly Shown[],
): LoadedAuthority[] {
  let below = shown;
  let left = authorities.filter(({ facts }) =>
    facts.subjectKey !== facts.issuerKey
  );
  const found: LoadedAuthority[] = [];
  while (below.length > 0 && left.length > 0) {
    const next = left.filter((one) =>
      below.some((lower) => hasSigned(one, lower))
    );
    left = left.filter((one) => !next.includes(one));
    found.push(...next);
    below = next.map(({ certificate, facts }) => ({
      der: new Uint8Array(certificate.raw),
      facts,
    }));
  }
  return found;
}

function hasSigned(
  { facts, certificate }: LoadedAuthority,
  lower: Shown,
): boolean {
  if (facts.subjectKey !== lower.facts.issuerKey) return false;
  try {
    return new X509Certificate(lower.der).verify(certificate.publicKey);
  } catch {
    return false;
  }
}
