import type { Cancel, Clock } from "../../clock/mod.ts";
import {
  type CertificateEntry,
  type CertificateList,
  type CertificateState,
  changeList,
  enforceList,
  rememberPending,
  type SeenCertificate,
} from "../../security/authority/mod.ts";
import type { Alarms } from "../status/alarms.ts";
import type { BrokerLog } from "../status/broker_log.ts";
import { Rereading } from "./rereading.ts";

/** Time to gather unknown certificates that one write adds to the list (ms). */
const GATHER = 1_000;

/** Unknown certificates that may wait to be written; more are dropped. */
const MOST_WAITING = 1_000;

/** The operator's list of certificates, as the broker enforces it. */
export class ListedCertificates {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #rereading: Rereading;
  readonly #rewriting: Rereading;
  #list: CertificateList = new Map();
  /** True once the file existed: a missing file is damage from then on. */
  #wasThere = false;
  #waiting = new Map<string, SeenCertificate>();
  #gathering: Cancel | null = null;
  #writing: Promise<void> = Promise.resolve();

  /**
   * `path` of the list, which need not exist yet. `alarms` get
   * `certificate-list` while it cannot be read.
   */
  constructor(path: string, clock: Clock, log: BrokerLog, alarms: Alarms) {
    this.#path = path;
    this.#clock = clock;
    this.#rereading = new Rereading("certificates", log, undefined, (fault) => {
      if (fault === null) alarms.clear("certificate-list");
      else alarms.raise("certificate-list", fault);
    });
    this.#rewriting = new Rereading(
      "certificates",
      log,
      "Unknown certificates are not remembered until then.",
    );
  }

  /** Goes on with what `before` knew, if both are of one file. */
  follow(before: ListedCertificates): void {
    if (before.#path === this.#path) this.#wasThere = before.#wasThere;
  }

  /** All files that it depends on. */
  get files(): string[] {
    return [this.#path];
  }

  /**
   * Returns what the operator says of a certificate; null when it is not
   * listed.
   */
  stateOf(fingerprint: string): CertificateState | null {
    return this.#list.get(fingerprint)?.state ?? null;
  }

  /** Reads the list; rejects with `ListError`, and nothing changes. */
  async load(): Promise<void> {
    this.#take(await enforceList(this.#path, this.#wasThere));
  }

  #take(list: CertificateList): void {
    this.#list = list;
    this.#wasThere ||= list.size > 0;
  }

  /** Reads it again; never rejects: a list that makes no sense changes nothing. */
  async reload(): Promise<void> {
    await this.#rereading.attempt(() => this.load());
  }

  /** Notes an unknown certificate, to be put on the list as pending. */
  remember(seen: SeenCertificate): void {
    if (this.#list.has(seen.fingerprint)) return;
    if (this.#waiting.size >= MOST_WAITING) return;
    this.#waiting.set(seen.fingerprint, seen);
    this.#gathering ??= this.#clock.after(GATHER, () => this.flush());
  }

  /** Writes those who wait, and resolves when that is done; never rejects. */
  flush(): Promise<void> {
    this.#gathering?.();
    this.#gathering = null;
    return this.#writing = this.#writing.then(() => this.#write());
  }

  async #write(): Promise<void> {
    if (this.#waiting.size === 0) return;
    const seen = [...this.#waiting.values()];
    this.#waiting = new Map();
    // They come again, and are remembered when the file can be written.
    await this.#rewriting.attempt(async () => {
      const now = this.#clock.date();
      const change = (list: Map<string, CertificateEntry>) => {
        for (const one of seen) rememberPending(list, one, now);
        return list;
      };
      this.#take(await changeList(this.#path, change, this.#wasThere));
    });
  }
}
