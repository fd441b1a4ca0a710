import { join, resolve } from "node:path";
import { controlPath } from "../../broker/mod.ts";
import {
  adminPath,
  authorityPath,
  certificateListPath,
  isSettingVariable,
  type Settings,
  storagePath,
} from "../../config/mod.ts";
import type { ServeOptions } from "../settings/serve_options.ts";
import { tlsPort } from "../settings/tls_port.ts";
import { sweep } from "./find_running.ts";
import {
  foldersToWrite,
  type RunningBroker,
  socketBeside,
  writeEntry,
} from "./running_broker.ts";

/**
 * The entry by which commands without `--config` find this broker. The process
 * holds the entry's lock until it ends; an entry without a lock is stale.
 * A broker runs as well without an entry, so nothing here throws. The calls are few
 * and short: without waits a reload cannot overtake the one before.
 */
export class Registration {
  readonly #name = `${crypto.randomUUID()}.json`;
  readonly #options: ServeOptions;
  readonly #environment: Readonly<Record<string, string>>;
  #path: string | null = null;
  #file: Deno.FsFile | null = null;
  /** Content of the file. */
  #text = "";

  /** The broker was started with `options` and `environment`. */
  constructor(
    options: ServeOptions,
    environment: Readonly<Record<string, string>>,
  ) {
    this.#options = options;
    this.#environment = environment;
  }

  /**
   * Makes the folder for the socket file of a broker that stores nothing. Returns
   * the file; null where there is no such folder.
   */
  socket({ storage }: Settings): string | null {
    const [folder] = foldersToWrite(this.#environment, true);
    if (storage.mode !== "memory" || folder === undefined) return null;
    try {
      Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
    } catch {
      // The broker runs as well without it.
      return null;
    }
    return socketBeside(join(folder, this.#name));
  }

  /**
   * Writes the entry of a broker that runs with `settings`; `adminUrl` is where
   * its admin page is, null while it is off.
   */
  tell(settings: Settings, adminUrl: string | null = null): void {
    if (Deno.build.os === "windows") return;
    const entry = entryOf(settings, this.#options, this.#environment);
    const control = this.socket(settings) ?? controlPath(entry.store);
    const admin = adminOf(settings, adminUrl, this.#environment);
    const text = writeEntry({ ...entry, control, admin });
    if (text === this.#text) return;
    const storesNothing = settings.storage.mode === "memory";
    for (const folder of foldersToWrite(this.#environment, storesNothing)) {
      // Another start may sweep away what has no lock yet: then once more.
      if (this.#write(folder, text) || this.#write(folder, text)) break;
    }
  }

  /** Removes the entry. */
  end(): void {
    if (this.#path !== null) removeQuietly(this.#path);
    this.#file?.close();
    [this.#path, this.#file] = [null, null];
  }

  #write(folder: string, text: string): boolean {
    const path = join(folder, this.#name);
    // Readers ignore this name: they take an entry without a lock for stale.
    const beside = `${path}.tmp`;
    let file: Deno.FsFile | null = null;
    try {
      Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
      sweep(folder);
      file = Deno.openSync(beside, {
        ...{ read: true, write: true, createNew: true, mode: 0o600 },
      });
      file.lockSync(true);
      file.writeSync(new TextEncoder().encode(text));
      Deno.renameSync(beside, path);
    } catch {
      file?.close();
      removeQuietly(beside);
      return false;
    }
    this.#file?.close();
    [this.#path, this.#file, this.#text] = [path, file, text];
    return true;
  }
}

function adminOf(
  settings: Settings,
  url: string | null,
  environment: Readonly<Record<string, string>>,
): RunningBroker["admin"] {
  if (url === null) return undefined;
  const file = adminPath(settings, environment);
  return { file: file === null ? null : resolve(file), url };
}

function removeQuietly(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It is not there.
  }
}

function entryOf(
  settings: Settings,
  { config, set, port, bind, admin }: ServeOptions,
  environment: Readonly<Record<string, string>>,
): Omit<RunningBroker, "control"> {
  const file = config ?? (environment.DUNLIN_CONFIG || undefined);
  const options = { "--port": port, "--bind": bind, "--admin": admin };
  return {
    pid: Deno.pid,
    config: file === undefined ? null : resolve(file),
    given: [
      ...Object.keys(environment).filter(isSettingVariable).sort(),
      ...(set ?? []).map((one) => `--set ${one.split("=")[0].trim()}`),
      ...Object.entries(options).filter(([, value]) => value !== undefined)
        .map(([name]) => name),
    ],
    mode: settings.storage.mode,
    store: resolve(storagePath(settings, environment)),
    authority: resolve(authorityPath(settings, environment)),
    list: resolve(certificateListPath(settings, environment)),
    tlsPort: tlsPort(settings),
  };
}
