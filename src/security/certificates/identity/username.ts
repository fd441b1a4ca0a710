import type { CertificateFacts } from "../der/facts.ts";

/** Part of a certificate that becomes the user name. */
export type UsernameSource =
  | "none"
  | "cn"
  | "san-dns"
  | "san-email"
  | "fingerprint"
  | "subject";

/** The most bytes that a user name may have [MQTT-1.5.4]. */
const LONGEST = 65_535;

/**
 * Returns the user name that a certificate gives, by the first of its values;
 * null where it has none that could be a user name: empty, too long, or with
 * control characters, which logs and rules would stumble over.
 */
export function usernameFrom(
  source: Exclude<UsernameSource, "none">,
  facts: CertificateFacts,
): string | null {
  const name = valueOf(source, facts);
  if (name === null || name === "") return null;
  // deno-lint-ignore no-control-regex
  if (/[\0-\x1f\x7f-\x9f]/.test(name)) return null;
  return new TextEncoder().encode(name).length > LONGEST ? null : name;
}

function valueOf(
  source: Exclude<UsernameSource, "none">,
  facts: CertificateFacts,
): string | null {
  switch (source) {
    case "cn":
      return facts.commonName;
    case "san-dns":
      return facts.dnsNames[0] ?? null;
    case "san-email":
      return facts.emails[0] ?? null;
    case "fingerprint":
      return facts.fingerprint;
    case "subject":
      return facts.subject;
  }
}
