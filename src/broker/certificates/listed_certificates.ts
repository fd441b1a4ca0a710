import type { Cancel, Clock } from "../../clock/mod.ts";
import {
  type CertificateList,
  type CertificateState,
  changeList,
  readList,
  rememberPending,
  type SeenCertificate,
} from "../../security/authority/mod.ts";
import type { BrokerLog } from "../broker_log.ts";
import { Rereading } from "./rereading.ts";

/** Strangers wait so long for others, to be written with them (ms). */
const GATHER = 1_000;

/** Strangers remembered but not yet written; more are forgotten. */
const MOST_WAITING = 1_000;

/** The operator's list of certificates, as the broker goes by it. */
export class ListedCertificates {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #log: BrokerLog;
  readonly #rereading: Rereading;
  #list: CertificateList = new Map();
  #waiting = new Map<string, SeenCertificate>();
  #gathering: Cancel | null = null;
  #writing: Promise<void> = Promise.resolve();

  /** `path` of the list, which need not be there. */
  constructor(path: string, clock: Clock, log: BrokerLog) {
    this.#path = path;
    this.#clock = clock;
    this.#log = log;
    this.#rereading = new Rereading("certificates", log);
  }

  /** All files that it depends on. */
  get files(): string[] {
    return [this.#path];
  }

  /** What the operator says of a certificate; null when it is not listed. */
  stateOf(fingerprint: string): CertificateState | null {
    return this.#list.get(fingerprint)?.state ?? null;
  }

  /** Reads the list; rejects with `ListError`, and nothing changes. */
  async load(): Promise<void> {
    this.#list = await readList(this.#path);
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
    try {
      const now = this.#clock.date();
      this.#list = await changeList(this.#path, (list) => {
        for (const one of seen) rememberPending(list, one, now);
        return list;
      });
    } catch (error) {
      // They come again, and are remembered when the file can be written.
      this.#log.trouble("certificates", error as Error);
    }
  }
}
