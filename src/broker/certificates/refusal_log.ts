import type { Clock } from "../../clock/mod.ts";
import type {
  CertificateRefusal,
  ReadCertificate,
} from "../../security/certificates/mod.ts";
import type { BrokerLog } from "../broker_log.ts";
import { RareTelling } from "../rare_telling.ts";

/** Characters of a stranger's name that are told. */
const MOST_TEXT = 100;

/** Tells of refused certificates, and what an operator may do about it. */
export class RefusalLog {
  readonly #log: BrokerLog;
  readonly #telling: RareTelling;

  constructor(clock: Clock, log: BrokerLog) {
    this.#log = log;
    this.#telling = new RareTelling(clock, (count) => {
      const text = `${count} more were refused in the last minute`;
      log.trouble("certificates", new Error(text));
    });
  }

  /**
   * Tells it, unless it or too many others were told this minute; `fault` is
   * what TLS found wrong with it, null for nothing.
   */
  refused(
    listener: string,
    hostname: string,
    why: CertificateRefusal,
    certificate: ReadCertificate | null,
    fault: string | null = null,
  ): void {
    const key = `${why} ${certificate?.fingerprint ?? hostname}`;
    this.#telling.tell(key, () => {
      const who = certificate === null ? "" : ` ${nameOf(certificate)}:`;
      this.#log.trouble(
        `listener ${listener}`,
        new Error(
          `refused ${hostname}:${who} ${explain(why, certificate)}${
            why === "untrusted" && fault !== null ? ` (${fault})` : ""
          }`,
        ),
      );
    });
  }

  /** Ends its timer. */
  stop(): void {
    this.#telling.stop();
  }
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
      return "it showed no certificate, and this listener requires one";
    case "unreadable":
      return "its certificate makes no sense";
    case "revoked":
      return `it is revoked; "dunlin cert unrevoke ${certificate?.fingerprint}" takes that back`;
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
      return `none of this listener's authorities (ca) vouches for it; it names ${certificate?.issuer}`;
    case "crl-expired":
      return "the revocation list of its issuer is out of date: fetch a new one";
    case "crl-missing":
      return `crl has no revocation list of its issuer ${certificate?.issuer}: add it`;
    case "pending":
      return `it waits for your word: ${command} lets it in`;
    case "unknown":
      return `it is not on the list: ${command} lets it in`;
    case "no-user-name":
      return "it has nothing that username_from could take for a user name";
  }
}
