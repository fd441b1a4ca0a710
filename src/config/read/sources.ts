import type { FindPlace } from "../text/problem.ts";

/** A configuration file that has been read. */
export interface ConfigFile {
  /** As it is named in error messages. */
  readonly name: string;
  /** TOML. */
  readonly text: string;
}

/** The options of the command line that stand for one setting each. */
export interface Shortcuts {
  /** The first listener's port. */
  readonly port?: unknown;
  /** The first listener's address. */
  readonly bind?: unknown;
  /** `log.level`. */
  readonly logLevel?: unknown;
  /** True sets `admin.enabled`. */
  readonly admin?: boolean;
}

/** Sources of settings; each overrides those above it. */
export interface SettingsSources {
  /** The configuration file, if there is one. */
  readonly file?: ConfigFile;
  /** All variables; those that hold settings are picked out. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The values of `--set`, as `a.b=VALUE`. */
  readonly sets?: readonly string[];
  /** They go before everything else. */
  readonly shortcuts?: Shortcuts;
  /** Bytes of memory, which decide on the profile. @default this machine's */
  readonly memory?: number;
  /** Called with the memory (bytes) when no profile was named. */
  readonly onDetected?: (memory: number) => void;
  /** Told of each file that a secret is read from. */
  readonly onSecretFile?: (path: string) => void;
  /** Told how to find where a setting was given, once all are sound. */
  readonly onPlaces?: (find: FindPlace) => void;
}
