import type {
  CertificateRefusal,
  ReadCertificate,
} from "../../security/certificates/mod.ts";

/** Most characters of a certificate's subject in the log: the peer chooses it. */
const MOST_TEXT = 100;

/**
 * Says why a certificate is refused, and what an operator may do about it;
 * `fault` is what TLS found wrong with it, null for nothing.
 */
export function refusalWords(
  why: CertificateRefusal,
  certificate: ReadCertificate | null,
  fault: string | null,
): string {
  const which = certificate === null ? "" : `${nameOf(certificate)}: `;
  const found = why === "untrusted" && fault !== null ? ` (${fault})` : "";
  return `${which}${explain(why, certificate)}${found}`;
}

function nameOf({ subject, fingerprint }: ReadCertificate): string {
  return `certificate ${subject.slice(0, MOST_TEXT)} (${fingerprint})`;
}

/** Why, and what an operator can do if the client is welcome. */
function explain(
  why: CertificateRefusal,
  certificate: ReadCertificate | null,
): string {
  const day = (time: number) => new Date(time).toISOString().slice(0, 10);
  const command = `"dunlin cert authorize ${certificate?.fingerprint}"`;
  switch (why) {
    case "missing":
      return "the client shows no certificate, and this listener requires one";
    case "unreadable":
      return "the certificate cannot be decoded";
    case "revoked":
      return `it is revoked; "dunlin cert unrevoke ${certificate?.fingerprint}" authorizes it again`;
    case "revoked-by-issuer":
      return `its issuer ${certificate?.issuer} has revoked it`;
    case "not-yet-valid":
      return `it begins on ${
        day(certificate!.notBefore)
      }: look at the clocks of both machines`;
    case "expired":
      return `it ended on ${day(certificate!.notAfter)}: have it renewed`;
    case "wrong-usage":
      return "it is not for clients: its extended key usage lacks clientAuth";
    case "untrusted":
      return `no authority of this listener (ca) issued it; its issuer is ${certificate?.issuer}`;
    case "crl-expired":
      return "the revocation list of its issuer has expired: fetch a new one";
    case "crl-missing":
      return `crl has no revocation list of its issuer ${certificate?.issuer}: add it`;
    case "pending":
      return `it is pending: ${command} authorizes it`;
    case "unknown":
      return `it is not on the list: ${command} authorizes it`;
    case "no-user-name":
      return "it has no field that username_from could take as the user name";
  }
}
