import { join, resolve } from "node:path";
import {
  authorityPath,
  certificateListPath,
  isSettingVariable,
  type Settings,
  storagePath,
} from "../../config/mod.ts";
import { makePrivateFolder } from "../../files/mod.ts";
import type { ServeOptions } from "../serve_options.ts";
import { tlsPort } from "../tls_port.ts";
import { sweep } from "./find_running.ts";
import {
  foldersToWrite,
  type RunningBroker,
  writeEntry,
} from "./running_broker.ts";

/**
 * The entry by which commands without `--config` find this broker. It is
 * locked while the process lives: the entry of a killed one is known as such.
 * A broker runs as well without one, so nothing here rejects.
 */
export class Registration {
  readonly #name = `${crypto.randomUUID()}.json`;
  readonly #options: ServeOptions;
  readonly #environment: Readonly<Record<string, string>>;
  #path: string | null = null;
  #file: Deno.FsFile | null = null;
  /** What is in the file. */
  #text = "";
  #last: Promise<void> = Promise.resolve();

  /** The broker was started with `options` and `environment`. */
  constructor(
    options: ServeOptions,
    environment: Readonly<Record<string, string>>,
  ) {
    this.#options = options;
    this.#environment = environment;
  }

  /** Makes known that the broker runs with `settings`. */
  tell(settings: Settings): Promise<void> {
    return this.#last = this.#last.then(() => this.#tell(settings))
      .catch(() => {});
  }

  /** Removes the entry. */
  end(): Promise<void> {
    return this.#last = this.#last.then(async () => {
      if (this.#path !== null) await Deno.remove(this.#path);
    }).catch(() => {}).finally(() => this.#file?.close());
  }

  async #tell(settings: Settings): Promise<void> {
    if (Deno.build.os === "windows") return;
    const text = writeEntry(
      entryOf(settings, this.#options, this.#environment),
    );
    if (text === this.#text) return;
    const storesNothing = settings.storage.mode === "memory";
    for (const folder of foldersToWrite(this.#environment, storesNothing)) {
      // Another start may sweep away what has no lock yet: then once more.
      const isThere = await this.#write(folder, text) ||
        await this.#write(folder, text);
      if (isThere) break;
    }
  }

  async #write(folder: string, text: string): Promise<boolean> {
    const path = join(folder, this.#name);
    // Its name ends otherwise until it is locked.
    const beside = `${path}.tmp`;
    let file: Deno.FsFile | null = null;
    try {
      await makePrivateFolder(folder);
      await sweep(folder);
      file = await Deno.open(beside, {
        ...{ read: true, write: true, createNew: true, mode: 0o600 },
      });
      await file.lock(true);
      await file.write(new TextEncoder().encode(text));
      await Deno.rename(beside, path);
    } catch {
      file?.close();
      await Deno.remove(beside).catch(() => {});
      return false;
    }
    this.#file?.close();
    [this.#path, this.#file, this.#text] = [path, file, text];
    return true;
  }
}

function entryOf(
  settings: Settings,
  { config, set, port, bind }: ServeOptions,
  environment: Readonly<Record<string, string>>,
): RunningBroker {
  const file = config ?? (environment.DUNLIN_CONFIG || undefined);
  const options = { "--port": port, "--bind": bind };
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
