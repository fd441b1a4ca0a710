import type { ReadCertificate } from "../der/facts.ts";

/**
 * Returns whether a certificate is good for `name`, a DNS name in lowercase
 * (RFC 9525): `*` stands for one whole label, the first. Without DNS names or
 * addresses the common name counts, as it once did.
 */
export function isForName(
  facts: Pick<ReadCertificate, "dnsNames" | "addresses" | "commonName">,
  name: string,
): boolean {
  const { dnsNames, addresses, commonName } = facts;
  const isOld = dnsNames.length === 0 && addresses.length === 0;
  const names = isOld && commonName !== null ? [commonName] : dnsNames;
  return names.some((one) => matches(one.toLowerCase(), name));
}

function matches(pattern: string, name: string): boolean {
  if (!pattern.startsWith("*.")) return pattern === name;
  const dot = name.indexOf(".");
  return dot > 0 && name.slice(dot) === pattern.slice(1);
}
