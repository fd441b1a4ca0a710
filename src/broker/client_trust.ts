import type { Clock } from "../clock/mod.ts";
import type { ListenerSettings } from "../config/mod.ts";
import {
  isStale,
  loadAuthorities,
  type LoadedAuthority,
  loadRevocations,
  type RevocationList,
  Revocations,
  systemRoots,
} from "../security/certificates/mod.ts";
import type { BrokerLog } from "./broker.ts";

/** What is read from the files, all of one moment. */
interface Loaded {
  readonly authorities: readonly LoadedAuthority[];
  readonly lists: readonly { path: string; list: RevocationList }[];
}

/**
 * Whom a listener believes about client certificates: its authorities, and
 * their revocation lists. Replaced whole, or not at all.
 */
export class ClientTrust {
  readonly #settings: ListenerSettings;
  readonly #ca: readonly string[];
  readonly #clock: Clock;
  readonly #log: BrokerLog;
  #loaded: Loaded = { authorities: [], lists: [] };
  #system: readonly string[] = [];
  #fault: string | null = null;
  /** Lists that were out of date when last looked at, by path and number. */
  #stale = "";
  /** PEM of all authorities; another array when they change. */
  pems: readonly string[] = [];
  /** What the authorities have taken back. */
  revocations: Revocations = new Revocations([]);

  /** `ca`: files of the authorities. Knows nothing before `load`. */
  constructor(
    settings: ListenerSettings,
    ca: readonly string[],
    clock: Clock,
    log: BrokerLog,
  ) {
    this.#settings = settings;
    this.#ca = ca;
    this.#clock = clock;
    this.#log = log;
  }

  /** All files that it depends on. */
  get files(): string[] {
    return [...this.#ca, ...this.#settings.crl];
  }

  /** The authorities in use, but for those of the system. */
  get authorities(): readonly LoadedAuthority[] {
    return this.#loaded.authorities;
  }

  /** Reads all files; rejects with the first fault, and nothing changes. */
  async load(): Promise<void> {
    const authorities = await loadAuthorities(this.#ca);
    if (this.#settings.trust_system_roots && this.#system.length === 0) {
      this.#system = await systemRoots();
    }
    const lists: { path: string; list: RevocationList }[] = [];
    for (const path of this.#settings.crl) {
      for (const list of await loadRevocations(path, authorities)) {
        lists.push({ path, list });
      }
    }
    this.#loaded = { authorities, lists };
    const pems = [...authorities.map(({ pem }) => pem), ...this.#system];
    const isSame = pems.length === this.pems.length &&
      pems.every((pem, index) => pem === this.pems[index]);
    if (!isSame) this.pems = pems;
    this.revocations = new Revocations(lists.map(({ list }) => list));
    this.warnOfStale();
  }

  /** Reads all again; never rejects: what cannot be used changes nothing. */
  async reload(): Promise<void> {
    try {
      await this.load();
      this.#fault = null;
    } catch (error) {
      const { message } = error as Error;
      if (this.#fault === message) return;
      this.#fault = message;
      this.#log.trouble(
        this.#where,
        new Error(`${message}. What was read before stays in force.`),
      );
    }
  }

  /** Tells, once, of revocation lists that have become out of date. */
  warnOfStale(): void {
    const now = this.#clock.date();
    const stale = this.#loaded.lists.filter(({ list }) => isStale(list, now));
    const paths = stale.map(({ path }) => path).join(", ");
    if (paths === this.#stale) return;
    this.#stale = paths;
    if (paths === "") return;
    const isRefused = this.#settings.crl_expired === "refuse";
    const effect = isRefused
      ? "clients of its authority are refused until then"
      : "it counts nevertheless (crl_expired)";
    this.#log.trouble(
      this.#where,
      new Error(
        `the revocation list ${paths} is out of date: fetch a new one; ${effect}`,
      ),
    );
  }

  get #where(): string {
    return `listener ${this.#settings.name}`;
  }
}
