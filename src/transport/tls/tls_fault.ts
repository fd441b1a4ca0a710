import type { PeerFault } from "../streams/foreign_protocol.ts";

/** By the alerts that a client may send (RFC 8446, 6.2), as the runtime names them. */
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

/** Tells what a client did wrong by the runtime's message; null for the rest. */
export function tlsFaultOf(message: string): PeerFault | null {
  const [, alert = ""] = /fatal alert: (\w+)/.exec(message) ?? [];
  if (Object.hasOwn(ALERTS, alert)) return ALERTS[alert];
  if (message.includes("InvalidContentType")) return "speaks-no-tls";
  return OLD.test(message) ? "speaks-old-tls" : null;
}
