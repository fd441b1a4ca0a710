import type { CertificateFiles } from "../../config/mod.ts";
import {
  isForName,
  type LoadedIdentity,
  loadIdentity,
} from "../../security/certificates/mod.ts";
import type { TlsIdentity, TlsKeys } from "../../transport/mod.ts";
import type { BrokerLog } from "../status/broker_log.ts";
import { Rereading } from "./rereading.ts";

/** Source of a certificate and its key, which can be read again. */
export interface IdentitySource {
  /** Its name in the log. */
  readonly what: string;
  /** Files whose change means that it is to be loaded again. */
  readonly files: readonly string[];
  /** Rejects when it cannot be used, with what to do. */
  load(): Promise<LoadedIdentity>;
}

/** Returns a pair that the settings name by its files. */
export function fromFiles(pair: CertificateFiles): IdentitySource {
  const { cert, key, key_password_file } = pair;
  return {
    what: cert,
    files: [cert, key, key_password_file].filter((one) => one !== ""),
    load: () => loadIdentity(pair),
  };
}

/** A certificate in use. */
interface Slot {
  readonly source: IdentitySource;
  loaded: LoadedIdentity;
  readonly rereading: Rereading;
}

/**
 * The server certificates of one listener: the one for the host name that a
 * client requests, else the first. A certificate is replaced whole, once the new
 * one has proved usable; until then the old one stays.
 */
export class ServerKeys implements TlsKeys {
  readonly #listener: string;
  readonly #slots: readonly Slot[];
  readonly #log: BrokerLog;

  private constructor(
    listener: string,
    slots: readonly Slot[],
    log: BrokerLog,
  ) {
    this.#listener = listener;
    this.#slots = slots;
    this.#log = log;
  }

  /** Loads all `sources`, at least one; rejects as the first that fails. */
  static async load(
    listener: string,
    sources: readonly IdentitySource[],
    log: BrokerLog,
  ): Promise<ServerKeys> {
    const slots: Slot[] = [];
    const stays = "The certificate in use stays.";
    for (const source of sources) {
      const rereading = new Rereading(`listener ${listener}`, log, stays);
      slots.push({ source, loaded: await source.load(), rereading });
    }
    return new ServerKeys(listener, slots, log);
  }

  /** All files that it depends on. */
  get files(): string[] {
    return this.#slots.flatMap(({ source }) => source.files);
  }

  /** The certificates shown now, the default first. */
  get shown(): LoadedIdentity[] {
    return this.#slots.map(({ loaded }) => loaded);
  }

  choose(serverName: string | null): TlsIdentity {
    const [first] = this.#slots;
    if (serverName === null || this.#slots.length === 1) return first.loaded;
    const name = serverName.toLowerCase().replace(/\.$/, "");
    const slot = this.#slots.find(({ loaded }) =>
      isForName(loaded.facts, name)
    );
    return (slot ?? first).loaded;
  }

  /** Loads all again; never rejects. A pair that cannot be used changes nothing. */
  async reload(): Promise<void> {
    for (const slot of this.#slots) {
      await slot.rereading.attempt(() => this.#reload(slot));
    }
  }

  async #reload(slot: Slot): Promise<void> {
    const { source } = slot;
    const loaded = await source.load();
    const { cert, key } = slot.loaded;
    if (loaded.cert === cert && loaded.key === key) return;
    slot.loaded = loaded;
    this.#log.event("info", "certificate-renewed", {
      listener: this.#listener,
      certificate: source.what,
      valid_until: new Date(loaded.facts.notAfter).toISOString(),
    });
  }
}
