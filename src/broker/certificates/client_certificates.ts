import { setImmediate } from "node:timers";
import type { Clock } from "../../clock/mod.ts";
import type { ListenerSettings } from "../../config/mod.ts";
import {
  type CertificateRefusal,
  isOfDate,
  type Issued,
  judgeCertificate,
  type ReadCertificate,
  readCertificate,
  usernameFrom,
} from "../../security/certificates/mod.ts";
import type { ClientCertificate } from "../../security/mod.ts";
import type { PeerCertificate } from "../../transport/mod.ts";
import type { ClientTrust } from "./client_trust.ts";
import type { ListedCertificates } from "./listed_certificates.ts";

/** Certificates that are remembered taken apart; the oldest gives way. */
const MOST_READ = 1_000;

/** Larger ones are taken apart each time (bytes). */
const LARGEST_READ = 4_096;

/** Clients whose signatures are verified before sockets are served again. */
const AT_ONCE = 16;

/** Most certificates of a chain; real ones have three or four. */
const LONGEST_CHAIN = 10;

/** Verdict on a client by its certificate. */
export interface Judgement {
  /** Null: accepted. */
  readonly refusal: CertificateRefusal | null;
  /** The certificate it showed; null for none or an undecodable one. */
  readonly certificate: ReadCertificate | null;
  /** The certificate for its session; null without one. */
  readonly client: ClientCertificate | null;
  /** To judge again while it is connected; null where nothing could change. */
  readonly showing: Showing | null;
}

/** A certificate with those above it, at a listener. */
interface Showing {
  readonly listener: ListenerSettings;
  /** The certificates that the client sent. */
  readonly peer: PeerCertificate;
  /** When it was sent, in ms since 1970. */
  readonly since: number;
  readonly isTrusted: boolean;
  /** The certificate itself. */
  readonly certificate: ReadCertificate;
  /** It, then what issued it, as far as the client or `ca` has it. */
  readonly chain: readonly Issued[];
  /** The authorities, and whether lists were looked at, that made the above. */
  readonly basis: Pick<ClientTrust, "anchors" | "hasLists">;
}

/** A connection that is closed when its certificate is revoked. */
export interface Ending {
  /** Ends it, because of `why`. */
  end(why: CertificateRefusal): void;
}

const NOTHING_ASKED: Judgement = {
  refusal: null,
  certificate: null,
  client: null,
  showing: null,
};

/** Judges clients by their certificates, at the start and while connected. */
export class ClientCertificates {
  readonly #listed: ListedCertificates;
  readonly #trusts: ReadonlyMap<string, ClientTrust>;
  readonly #clock: Clock;
  readonly #live = new Map<Ending, Showing>();
  /** Each is judged more than once on its way in. */
  readonly #shown = new WeakMap<PeerCertificate, Showing>();
  readonly #read = new Map<string, ReadCertificate>();

  /** `trusts` by the name of the listener, for those that ask clients. */
  constructor(
    listed: ListedCertificates,
    trusts: ReadonlyMap<string, ClientTrust>,
    clock: Clock,
  ) {
    this.#listed = listed;
    this.#trusts = trusts;
    this.#clock = clock;
  }

  /** Judges a client of `listener` by its certificate, or by having none. */
  judge(peer: PeerCertificate | null, listener: ListenerSettings): Judgement {
    if (!this.#trusts.has(listener.name)) return NOTHING_ASKED;
    const now = this.#clock.date();
    const showing = peer === null ? null : this.#show(peer, listener, now);
    const certificate = showing?.certificate ?? null;
    if (peer !== null && showing === null) {
      return { ...NOTHING_ASKED, refusal: "unreadable" };
    }
    let refusal = this.#judge(showing, listener);
    let username: string | null = null;
    const { username_from } = listener;
    if (certificate !== null && username_from !== "none") {
      username = usernameFrom(username_from, certificate);
      if (username === null) refusal ??= "no-user-name";
    }
    if (refusal === "unknown" && listener.remember_unknown) {
      this.#remember(certificate!, listener);
    }
    const client = certificate === null
      ? null
      : { facts: certificate, username };
    return { refusal, certificate, client, showing };
  }

  /** Notes an accepted connection, until `left`. */
  entered(ending: Ending, { showing }: Judgement): void {
    if (showing !== null) this.#live.set(ending, showing);
  }

  /**
   * Applies the new settings of its listener to a connection. Ends it when they
   * require a certificate that the client has not shown, or a current revocation
   * list. `judgeAgain` checks everything else.
   */
  stays(
    ending: Ending,
    judgement: Judgement | null,
    listener: ListenerSettings,
  ): void {
    if (!this.#trusts.has(listener.name)) return;
    const showing = judgement?.showing ?? null;
    const refusal = this.#judge(showing, listener);
    const isStricter = showing?.listener.crl_expired !== listener.crl_expired;
    if (refusal === "missing" || isStricter && refusal === "crl-expired") {
      ending.end(refusal);
    } else if (showing !== null) {
      this.#live.set(ending, { ...showing, listener });
    }
  }

  /** `ending` has ended. */
  left(ending: Ending): void {
    this.#live.delete(ending);
  }

  /**
   * Judges all connected clients again, because a list or an authority has
   * changed. Ends those that it would refuse now, but not for a date that has
   * passed meanwhile. Ends a client that cannot be judged, too: `onFault`
   * receives the error. Resolves when all are judged; sockets are served while
   * it verifies signatures.
   */
  async judgeAgain(onFault: (error: Error) => void): Promise<void> {
    let verified = 0;
    for (const [ending, before] of [...this.#live]) {
      if (this.#live.get(ending) !== before) continue;
      try {
        const showing = this.#shownNow(before);
        if (showing !== before) {
          this.#live.set(ending, showing);
          verified++;
        }
        const refusal = this.#judge(showing, showing.listener);
        if (refusal !== null && !isOfDate(refusal)) ending.end(refusal);
      } catch (error) {
        onFault(error as Error);
        ending.end("unreadable");
      }
      if (verified >= AT_ONCE) {
        verified = 0;
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }

  /** By the authorities as they are now; the same object if these are, too. */
  #shownNow(before: Showing): Showing {
    const { peer, listener, since, basis } = before;
    const { anchors, hasLists } = this.#trusts.get(listener.name)!;
    const isSame = anchors === basis.anchors && hasLists === basis.hasLists;
    return isSame ? before : this.#look(peer, listener, since);
  }

  #judge(
    showing: Showing | null,
    listener: ListenerSettings,
  ): CertificateRefusal | null {
    const now = this.#clock.date();
    const trust = this.#trusts.get(listener.name)!;
    const certificate = showing?.certificate ?? null;
    return judgeCertificate({
      mode: listener.client_certificates,
      certificate,
      isTrusted: showing?.isTrusted ?? false,
      state: certificate && this.#listed.stateOf(certificate.fingerprint),
      revocation: showing === null
        ? "good"
        : trust.revocations.statusOf(showing.chain, now),
      refusesStale: listener.crl_expired === "refuse",
      refusesUnlisted: listener.crl_missing === "refuse",
      now,
    });
  }

  /** Takes apart what was shown; null when it makes no sense. */
  #show(
    peer: PeerCertificate,
    listener: ListenerSettings,
    now: number,
  ): Showing | null {
    try {
      const known = this.#shown.get(peer);
      if (known?.listener === listener && this.#shownNow(known) === known) {
        return known;
      }
      const showing = this.#look(peer, listener, now);
      this.#shown.set(peer, showing);
      return showing;
    } catch {
      return null;
    }
  }

  /** Takes apart what was shown at `since`, by the authorities of now. */
  #look(
    peer: PeerCertificate,
    listener: ListenerSettings,
    since: number,
  ): Showing {
    const trust = this.#trusts.get(listener.name)!;
    const shown = [peer.der, ...peer.chain.slice(0, LONGEST_CHAIN)]
      .map((der) => ({ der, facts: this.#readOnce(der) }));
    const isTrusted = trust.vouchesFor(shown, since, peer.trustError);
    const chain = [...shown, ...trust.issuersOf(shown)]
      .map(({ facts: { issuerKey, serial } }) => ({ issuerKey, serial }));
    const { anchors, hasLists } = trust;
    const [{ facts: certificate }] = shown;
    const basis = { anchors, hasLists };
    return { listener, peer, since, isTrusted, certificate, chain, basis };
  }

  /** Devices come again and again; and the authorities above them. */
  #readOnce(der: Uint8Array): ReadCertificate {
    if (der.length > LARGEST_READ) return readCertificate(der);
    const key = der.toBase64();
    const known = this.#read.get(key);
    if (known !== undefined) return known;
    const read = readCertificate(der);
    if (this.#read.size >= MOST_READ) {
      const [oldest] = this.#read.keys();
      this.#read.delete(oldest);
    }
    this.#read.set(key, read);
    return read;
  }

  #remember(certificate: ReadCertificate, listener: ListenerSettings): void {
    this.#listed.remember({
      fingerprint: certificate.fingerprint,
      name: certificate.commonName ?? "",
      subject: certificate.subject,
      expiresAt: certificate.notAfter,
      note: `came by the listener ${listener.name}`,
    });
  }
}
