import type { Cancel, Clock } from "../../clock/mod.ts";
import {
  authorityPath,
  certificateListPath,
  hasTls,
  type ListenerSettings,
  type Settings,
} from "../../config/mod.ts";
import { CodedError, codeOf, type ErrorCode } from "../../errors/mod.ts";
import { type FileWatch, watchFiles } from "../../files/mod.ts";
import { authorityFiles } from "../../security/authority/mod.ts";
import type { CertificateRefusal } from "../../security/certificates/mod.ts";
import {
  HandshakeError,
  type PeerCertificate,
  RefusedError,
  type TlsOptions,
} from "../../transport/mod.ts";
import type { CertificateFigures } from "../../admin/protocol/mod.ts";
import type { Alarms } from "../status/alarms.ts";
import { AutomaticCertificate, type Trust } from "./automatic_certificate.ts";
import type { BrokerLog } from "../status/broker_log.ts";
import { CertificateExpiry, type Dated } from "./certificate_expiry.ts";
import {
  ClientCertificates,
  type Ending,
  type Judgement,
} from "./client_certificates.ts";
import { ClientTrust } from "./client_trust.ts";
import { ListedCertificates } from "./listed_certificates.ts";
import { refusalWords } from "./refusal_words.ts";
import { fromFiles, ServerKeys } from "./server_keys.ts";

/** Between two looks at the dates of certificates (ms). */
const HOUR = 3_600_000;

/** The list of clients is read so long after an event (ms). */
const LIST_QUIET = 20;

/** Ports of `Certificates`. */
export interface CertificatePorts {
  readonly clock: Clock;
  readonly log: BrokerLog;
  readonly alarms: Alarms;
  /** The variables of the process: they say where the authority is. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The keys and trusted authorities of a listener with TLS. */
export type TlsPorts = Pick<TlsOptions, "keys" | "authorities">;

/** Files that are read again while the broker runs. */
interface Part {
  /** Files that it depends on. */
  readonly files: readonly string[];
  /** Reads them again; never rejects. */
  reload(): Promise<void>;
}

/** Certificates of a listener cannot be used; the message says what to do. */
export class CertificateStartError extends CodedError {
  /** `listener` by its name; `cause` says what is wrong. */
  constructor(listener: string, cause: Error) {
    super(`listener ${listener}: ${cause.message}`, { cause });
    this.name = "CertificateStartError";
  }

  /** The code of its cause, if that has one. */
  get code(): ErrorCode {
    return codeOf(this.cause, "certificate-invalid");
  }
}

/** All certificates of a broker in use: its own, and those of its clients. */
export class Certificates {
  readonly #ports: CertificatePorts;
  readonly #folder: string;
  readonly #automatic: AutomaticCertificate;
  readonly #keys = new Map<string, ServerKeys>();
  readonly #trusts = new Map<string, ClientTrust>();
  readonly #listed: ListedCertificates;
  readonly #clients: ClientCertificates;
  readonly #expiry: CertificateExpiry;
  readonly #usesAutomatic = new Set<string>();
  #watch: FileWatch | null = null;
  #listWatch: FileWatch | null = null;
  #hourly: Cancel | null = null;
  #reloading: Promise<void> = Promise.resolve();

  private constructor(settings: Settings, ports: CertificatePorts) {
    const { clock, log, alarms, environment } = ports;
    this.#ports = ports;
    this.#folder = authorityPath(settings, environment);
    const { host_names } = settings.authority;
    this.#automatic = new AutomaticCertificate(this.#folder, host_names, clock);
    const list = certificateListPath(settings, environment);
    this.#listed = new ListedCertificates(list, clock, log, alarms);
    this.#clients = new ClientCertificates(this.#listed, this.#trusts, clock);
    this.#expiry = new CertificateExpiry(() => this.#dated(), clock, alarms);
  }

  /**
   * Loads all that listeners with TLS need; `before` are those in use. Rejects
   * with `CertificateStartError` when something cannot be used.
   */
  static async load(
    settings: Settings,
    ports: CertificatePorts,
    before: Certificates | null = null,
  ): Promise<Certificates> {
    const all = new Certificates(settings, ports);
    if (before !== null) all.#listed.follow(before.#listed);
    for (const listener of settings.listener) {
      if (!hasTls(listener)) continue;
      try {
        await all.#load(listener);
      } catch (error) {
        throw new CertificateStartError(listener.name, error as Error);
      }
    }
    return all;
  }

  async #load(listener: ListenerSettings): Promise<void> {
    const { name } = listener;
    const pairs = [listener, ...listener.certificate];
    const sources = pairs.filter(({ cert }) => cert !== "").map(fromFiles);
    const isAutomatic = sources.length === 0;
    if (isAutomatic) this.#usesAutomatic.add(name);
    const { log } = this.#ports;
    const own = isAutomatic ? [this.#automatic] : sources;
    this.#keys.set(name, await ServerKeys.load(name, own, log));
    if (listener.client_certificates === "off") return;
    const trust = await this.#loadTrust(listener);
    await this.#listed.load();
    this.#trusts.set(name, trust);
  }

  async #loadTrust(listener: ListenerSettings): Promise<ClientTrust> {
    const { clock, log } = this.#ports;
    const { ca, client_certificates, trust_system_roots } = listener;
    const own = authorityFiles(this.#folder).certificate;
    const isNeeded = client_certificates !== "authorized-any-issuer" &&
      !trust_system_roots;
    const hasOwn = await isThere(own);
    if (ca.length === 0 && isNeeded && !hasOwn) {
      throw new Error(
        `no authority verifies client certificates, so no client could connect: ` +
          `give ca, or create one with "dunlin ca create"`,
      );
    }
    const files = ca.length > 0 ? ca : hasOwn ? [own] : [];
    const trust = new ClientTrust(listener, files, clock, log);
    await trust.load();
    return trust;
  }

  /** Watches the files, and warns of certificates that expire. */
  async begin(): Promise<void> {
    const { clock, alarms } = this.#ports;
    // The list has just been read, or none is needed.
    alarms.clear("certificate-list");
    const changed = (paths: readonly string[]) => {
      this.#reload((part) => part.files.some((one) => paths.includes(one)));
    };
    const files = this.#parts.filter((part) => part !== this.#listed)
      .flatMap((part) => part.files);
    this.#watch = await watchFiles(files, clock, changed);
    // It is always replaced as a whole, and a revocation must not wait.
    this.#listWatch = await watchFiles(this.#listed.files, clock, changed, {
      quiet: LIST_QUIET,
    });
    this.#tick();
    await this.#survive(() => this.#expiry.look());
  }

  get #parts(): Part[] {
    const listed = this.#trusts.size > 0 ? [this.#listed] : [];
    return [...this.#keys.values(), ...this.#trusts.values(), ...listed];
  }

  /** Returns whether a listener of this name has certificates here. */
  serves({ name }: ListenerSettings): boolean {
    return this.#keys.has(name);
  }

  /** Returns the keys of a listener, and the authorities that it trusts. */
  tlsPorts(listener: ListenerSettings): TlsPorts {
    const trust = this.#trusts.get(listener.name);
    return {
      keys: this.#keys.get(listener.name)!,
      authorities: () => trust?.pems ?? NOBODY,
    };
  }

  /**
   * Returns how clients come to trust a listener; null where it was given its
   * own.
   */
  trustOf(listener: ListenerSettings): Trust | null {
    const isAutomatic = this.#usesAutomatic.has(listener.name);
    return isAutomatic ? this.#automatic.trust : null;
  }

  /**
   * Rejects with a `RefusedError` for a client that `listener` refuses. Before a
   * refusal by the list it reads the list again: the operator may just have
   * authorized the certificate.
   */
  async admit(
    peer: PeerCertificate | null,
    listener: ListenerSettings,
  ): Promise<void> {
    const { refusal } = this.#clients.judge(peer, listener);
    if (refusal === null) return;
    if (isOfList(refusal)) {
      await this.#listWatch?.look();
      await this.#reloading;
    }
    const now = this.judge(peer, listener);
    if (now.refusal === null) return;
    const text = now.refusal === "missing"
      ? "A client certificate is needed here."
      : "This client certificate is not authorized here.";
    throw new RefusedError(
      "certificate-refused",
      this.explain(now.refusal, now, peer),
      new HandshakeError(403, text),
    );
  }

  /** Judges the certificate of a client of `listener`. */
  judge(peer: PeerCertificate | null, listener: ListenerSettings): Judgement {
    return this.#clients.judge(peer, listener);
  }

  /** Says why a client is refused, and what an operator can do about it. */
  explain(
    refusal: CertificateRefusal,
    { certificate }: Judgement,
    peer: PeerCertificate | null,
  ): string {
    return refusalWords(refusal, certificate, peer?.trustError ?? null);
  }

  /** Notes an accepted connection; a changed judgement ends it. */
  entered(ending: Ending, judgement: Judgement): void {
    this.#clients.entered(ending, judgement);
  }

  /** As `entered`, for a connection from before these certificates. */
  stays(
    ending: Ending,
    judgement: Judgement | null,
    listener: ListenerSettings,
  ): void {
    this.#clients.stays(ending, judgement, listener);
  }

  /** Ends clients that authorities and lists as they are now refuse. */
  async judgeAgain(): Promise<void> {
    await this.#clients.judgeAgain(this.#onFault);
  }

  readonly #onFault = (error: Error): void =>
    this.#ports.log.trouble(
      "certificates",
      error,
      codeOf(error, "certificate-invalid"),
      "certificates",
    );

  /** `ending` has ended. */
  left(ending: Ending): void {
    this.#clients.left(ending);
  }

  /** The certificate of each listener that ends first. */
  get figures(): CertificateFigures[] {
    return this.#expiry.figures;
  }

  /** Reads all files again; never rejects. Unusable files change nothing. */
  reload(): Promise<void> {
    return this.#reload(() => true);
  }

  /** One after the other: files are read in the order they were written. */
  #reload(isMeant: (part: Part) => boolean): Promise<void> {
    return this.#reloading = this.#reloading.then(async () => {
      for (const part of this.#parts) {
        if (isMeant(part)) await this.#survive(() => part.reload());
      }
      await this.#survive(() => this.judgeAgain());
      await this.#survive(() => this.#expiry.look());
    });
  }

  /** Takes a step; where it fails, those that follow are taken all the same. */
  async #survive(step: () => void | Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      this.#onFault(error as Error);
    }
  }

  /** Looks at all dates once an hour. */
  #tick(): void {
    this.#hourly = this.#ports.clock.after(HOUR, () => {
      // The next hour comes first: a look that fails must not be the last.
      this.#tick();
      this.lookAtDates();
    });
  }

  /**
   * Renews what the broker makes itself, and judges all dates. Never rejects:
   * a fault is logged, and the other certificates are looked at.
   */
  async lookAtDates(): Promise<void> {
    for (const trust of this.#trusts.values()) {
      await this.#survive(() => trust.warnOfStale());
    }
    await this.#reload((part) =>
      this.#automatic.files.some((file) => part.files.includes(file))
    );
  }

  #dated(): Dated[] {
    const dated: Dated[] = [];
    for (const [listener, keys] of this.#keys) {
      for (const { facts } of keys.shown) {
        const what = `the certificate ${facts.subject} of listener ${listener}`;
        const { notBefore, notAfter } = facts;
        dated.push({ what, listener, notBefore, notAfter });
      }
    }
    for (const [listener, trust] of this.#trusts) {
      for (const { facts, path } of trust.authorities) {
        const what = `the authority ${facts.subject} in ${path}`;
        const { notBefore, notAfter } = facts;
        dated.push({ what, listener, notBefore, notAfter });
      }
    }
    return dated;
  }

  /** Ends the timers and the watch; resolves when what waits is written. */
  async stop(): Promise<void> {
    this.#hourly?.();
    this.#hourly = null;
    this.#watch?.close();
    this.#listWatch?.close();
    await this.#listed.flush();
  }
}

const NOBODY: readonly string[] = [];

/** Returns whether the refusal ends when an operator authorizes the certificate. */
function isOfList(refusal: CertificateRefusal): boolean {
  return refusal === "unknown" || refusal === "pending" ||
    refusal === "revoked";
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
