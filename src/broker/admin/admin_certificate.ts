import type { Cancel, Clock } from "../../clock/mod.ts";
import { authorityPath, type Settings } from "../../config/mod.ts";
import { codeOf } from "../../errors/mod.ts";
import { type FileWatch, watchFiles } from "../../files/mod.ts";
import {
  AutomaticCertificate,
  type Trust,
} from "../certificates/automatic_certificate.ts";
import { fromFiles, ServerKeys } from "../certificates/server_keys.ts";
import type { BrokerLog } from "../status/broker_log.ts";
import { AdminError } from "./admin_error.ts";

/** The automatic certificate is renewed when it is looked at (ms). */
const HOUR = 3600_000;

/** A certificate and its key, PEM. */
export interface PemPair {
  readonly cert: string;
  readonly key: string;
}

/** Parts of an `AdminCertificate`. */
export interface AdminCertificateParts {
  readonly clock: Clock;
  readonly log: BrokerLog;
  /** Called when another pair is to be shown. */
  readonly onChange: (pair: PemPair) => void;
}

/**
 * The certificate of the admin page: that of the settings, else one of the
 * broker's own authority. Follows its files, and is renewed by itself.
 */
export class AdminCertificate {
  readonly #parts: AdminCertificateParts;
  readonly #keys: ServerKeys;
  readonly #automatic: AutomaticCertificate | null;
  #pair: PemPair;
  #watch: FileWatch | null = null;
  #hourly: Cancel | null = null;
  #isClosed = false;

  private constructor(
    parts: AdminCertificateParts,
    keys: ServerKeys,
    automatic: AutomaticCertificate | null,
  ) {
    this.#parts = parts;
    this.#keys = keys;
    this.#automatic = automatic;
    this.#pair = pairOf(keys);
  }

  /** Loads it; rejects with `AdminError` when it cannot be used. */
  static async load(
    settings: Settings,
    parts: AdminCertificateParts,
  ): Promise<AdminCertificate> {
    const { cert, key } = settings.admin;
    const files = { cert, key, key_password: "", key_password_file: "" };
    const folder = authorityPath(settings, Deno.env.toObject());
    const { host_names } = settings.authority;
    const names = [...new Set([...host_names, ...settings.admin.host_names])];
    const automatic = cert === ""
      ? new AutomaticCertificate(folder, names, parts.clock)
      : null;
    const source = automatic ?? fromFiles(files);
    try {
      const keys = await ServerKeys.load("admin page", [source], parts.log);
      const loaded = new AdminCertificate(parts, keys, automatic);
      await loaded.#begin();
      return loaded;
    } catch (error) {
      const code = codeOf(error, "certificate-invalid");
      throw new AdminError(code, (error as Error).message, error);
    }
  }

  /** The pair to show now. */
  get pair(): PemPair {
    return this.#pair;
  }

  /** The file by which clients trust it; null for one of the settings. */
  get trust(): Trust | null {
    return this.#automatic?.trust ?? null;
  }

  /** Follows no file any more. */
  close(): void {
    this.#isClosed = true;
    this.#watch?.close();
    this.#hourly?.();
  }

  async #begin(): Promise<void> {
    const { clock } = this.#parts;
    const look = () => void this.#reload();
    this.#watch = await watchFiles(this.#keys.files, clock, look);
    this.#lookHourly();
  }

  #lookHourly(): void {
    this.#hourly = this.#parts.clock.after(HOUR, () => {
      this.#lookHourly();
      void this.#reload();
    });
  }

  async #reload(): Promise<void> {
    await this.#keys.reload();
    const pair = pairOf(this.#keys);
    if (this.#isClosed || pair.cert === this.#pair.cert) return;
    this.#pair = pair;
    this.#parts.onChange(pair);
  }
}

function pairOf(keys: ServerKeys): PemPair {
  const { cert, key } = keys.choose(null);
  return { cert, key };
}
