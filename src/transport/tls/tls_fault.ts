import type { PeerFault } from "../streams/foreign_protocol.ts";

/** Faults by a client's alert (RFC 8446, 6.2), in the runtime's words. */
const ALERTS: Readonly<Record<string, PeerFault>> = {
  UnknownCA: "distrusts-authority",
  CertificateUnknown: "rejects-certificate",
  BadCertificate: "rejects-certificate",
  UnsupportedCertificate: "rejects-certificate",
  CertificateExpired: "finds-certificate-expired",
};

/** Messages of the runtime for a client without TLS 1.2 and 1.3. */
const OLD =
  /SignatureAlgorithmsExtensionRequired|Tls1[23](?:NotOffered|NotSupported)|ProtocolVersion/;

/** Returns the client's mistake by the runtime's message; null for others. */
export function tlsFaultOf(message: string): PeerFault | null {
  const [, alert = ""] = /fatal alert: (\w+)/.exec(message) ?? [];
  if (Object.hasOwn(ALERTS, alert)) return ALERTS[alert];
  if (message.includes("InvalidContentType")) return "speaks-no-tls";
  return OLD.test(message) ? "speaks-old-tls" : null;
}
