import { CodedError } from "../../errors/mod.ts";
import {
  type FindPlace,
  loadSettings,
  type Settings,
} from "../../config/mod.ts";
import type { ServeOptions } from "./serve_options.ts";

/** The configuration file that was named cannot be read. */
export class UnreadableFile extends CodedError {
  /** The code, as the log has it. */
  override readonly code = "settings-unreadable";
  /** `file` as it was named; `cause` is what the system said. */
  constructor(file: string, cause: unknown) {
    super(`${file}: ${reasonOf(cause)}`, { cause });
    this.name = "UnreadableFile";
  }
}

function reasonOf(cause: unknown): string {
  if (cause instanceof Deno.errors.NotFound) {
    return "there is no such configuration file";
  }
  if (cause instanceof Deno.errors.PermissionDenied) {
    return "the configuration file may not be read by this user";
  }
  const message = cause instanceof Error ? cause.message : String(cause);
  return `the configuration file cannot be read: ${message}`;
}

/** The settings, and the sources that gave them. */
export interface ReadSettings {
  readonly settings: Settings;
  /** The configuration file's name; undefined when none was named. */
  readonly file?: string;
  /** All files that were read: another content may give other settings. */
  readonly files: readonly string[];
  /** Finds where a setting was given. */
  readonly find: FindPlace;
  /** Memory that decided on the profile, in bytes; undefined for a named one. */
  readonly memory?: number;
}

/**
 * Settings from the file, the environment and the options. Rejects with
 * `UnreadableFile` or `SettingsError`.
 */
export async function readSettings(
  options: ServeOptions,
  environment: Readonly<Record<string, string>>,
): Promise<ReadSettings> {
  // An empty DUNLIN_CONFIG is how scripts say "none".
  const file = options.config ?? (environment.DUNLIN_CONFIG || undefined);
  const files = file === undefined ? [] : [file];
  let find: FindPlace = () => ({ source: file ?? "settings" });
  let memory: number | undefined;
  const settings = await loadSettings({
    file: file === undefined
      ? undefined
      : { name: file, text: await readFile(file) },
    environment,
    onPlaces: (one) => find = one,
    onSecretFile: (path) => files.push(path),
    onDetected: (bytes) => memory = bytes,
    sets: options.set,
    shortcuts: {
      port: options.port,
      bind: options.bind,
      logLevel: options.logLevel,
      admin: options.admin,
    },
  });
  return { settings, file, files, find, memory };
}

async function readFile(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    throw new UnreadableFile(file, error);
  }
}
