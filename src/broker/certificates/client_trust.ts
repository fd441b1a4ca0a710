import type { Clock } from "../../clock/mod.ts";
import type { ListenerSettings } from "../../config/mod.ts";
import {
  isStale,
  issuersAmong,
  loadAuthorities,
  type LoadedAuthority,
  loadRevocations,
  type RevocationList,
  Revocations,
  type SentCertificate,
  type Shown,
  systemRoots,
  verifyPath,
} from "../../security/certificates/mod.ts";
import type { BrokerLog } from "../status/broker_log.ts";
import { Rereading } from "./rereading.ts";

/** Contents of the files, read together. */
interface Loaded {
  readonly authorities: readonly LoadedAuthority[];
  readonly lists: readonly { path: string; list: RevocationList }[];
}

/**
 * The authorities that may issue client certificates for a listener, and their
 * revocation lists. Replaced whole, or not at all.
 */
export class ClientTrust {
  readonly #settings: ListenerSettings;
  readonly #ca: readonly string[];
  readonly #clock: Clock;
  readonly #log: BrokerLog;
  readonly #rereading: Rereading;
  #loaded: Loaded = { authorities: [], lists: [] };
  #system: readonly LoadedAuthority[] = [];
  #anchors: readonly LoadedAuthority[] = [];
  /** Paths of the lists that had expired at the last look. */
  #stale = "";
  #pems: readonly string[] = [];
  /** Between these two dates no authority begins or ends (ms). */
  #from = Infinity;
  #until = -Infinity;
  /** Revocations by the authorities. */
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
    this.#rereading = new Rereading(this.#where, log);
  }

  /** All files that it depends on. */
  get files(): string[] {
    return [...this.#ca, ...this.#settings.crl];
  }

  /** The authorities in use, but for those of the system. */
  get authorities(): readonly LoadedAuthority[] {
    return this.#loaded.authorities;
  }

  /**
   * PEM of all authorities that are valid today; another array when they change.
   * TLS itself ignores the dates of the authorities that it is given.
   */
  get pems(): readonly string[] {
    const now = this.#clock.date();
    if (now < this.#from || now >= this.#until) this.#select(now);
    return this.#pems;
  }

  /** All authorities, whatever their dates; another array when they change. */
  get anchors(): readonly LoadedAuthority[] {
    return this.#anchors;
  }

  /** Returns whether there are revocation lists. */
  get hasLists(): boolean {
    return this.#loaded.lists.length > 0;
  }

  /**
   * Returns whether an authority vouched at `since` (ms) for a client that
   * shows `shown`, its own certificate first. `fault` is what the runtime found
   * wrong with them, null for nothing: the runtime decides, too, but refuses
   * all constraints of names that are neither DNS names nor addresses.
   */
  vouchesFor(
    [own, ...sent]: readonly SentCertificate[],
    since: number,
    fault: string | null,
  ): boolean {
    const anchors = this.#anchors.filter(({ facts }) =>
      since >= facts.notBefore && since <= facts.notAfter
    );
    const path = verifyPath(own, sent, anchors, since);
    return path !== null && (fault === null || path.constrainsOtherNames);
  }

  /**
   * Returns the authorities that issued a certificate of a client.
   */
  issuersOf(shown: readonly Shown[]): LoadedAuthority[] {
    return this.hasLists ? issuersAmong(this.#loaded.authorities, shown) : [];
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
    const anchors = [...authorities, ...this.#system];
    if (!isSame(anchors, this.#anchors)) this.#anchors = anchors;
    this.#select(this.#clock.date());
    this.revocations = new Revocations(lists.map(({ list }) => list));
    this.warnOfStale();
  }

  #select(now: number): void {
    const counting: string[] = [];
    this.#from = now;
    this.#until = Infinity;
    for (const { facts, pem } of this.#loaded.authorities) {
      const { notBefore, notAfter } = facts;
      if (now < notBefore) this.#until = Math.min(this.#until, notBefore);
      else if (now <= notAfter) {
        this.#until = Math.min(this.#until, notAfter + 1);
        counting.push(pem);
      }
    }
    const pems = [...counting, ...this.#system.map(({ pem }) => pem)];
    const isSamePem = pems.length === this.#pems.length &&
      pems.every((pem, index) => pem === this.#pems[index]);
    if (!isSamePem) this.#pems = pems;
  }

  /** Reads all again; never rejects: what cannot be used changes nothing. */
  async reload(): Promise<void> {
    await this.#rereading.attempt(() => this.load());
  }

  /** Logs, once, the revocation lists that have expired. */
  warnOfStale(): void {
    const now = this.#clock.date();
    const stale = this.#loaded.lists.filter(({ list }) => isStale(list, now));
    const paths = stale.map(({ path }) => path).join(", ");
    if (paths === this.#stale) return;
    if (paths === "") {
      this.#stale = paths;
      return;
    }
    const text = staleText(paths, this.#settings);
    const code = "revocation-list-expired";
    this.#log.trouble(this.#where, new Error(text), code, "certificates");
    this.#stale = paths;
  }

  get #where(): string {
    return `listener ${this.#settings.name}`;
  }
}

/** Returns the warning of expired revocation lists, and their effect. */
export function staleText(
  paths: string,
  { crl_expired }: ListenerSettings,
): string {
  const effect = crl_expired === "refuse"
    ? "clients of its authority are refused until then"
    : "it still counts (crl_expired)";
  return `the revocation list ${paths} has expired: fetch a new one; ${effect}`;
}

function isSame(
  some: readonly LoadedAuthority[],
  others: readonly LoadedAuthority[],
): boolean {
  return some.length === others.length &&
    some.every(({ pem }, index) => pem === others[index].pem);
}
