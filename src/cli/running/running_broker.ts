import { dirname, join } from "node:path";
import { controlPath } from "../../broker/mod.ts";
import { completeSettings, storagePath } from "../../config/mod.ts";

/** Facts of a running broker for the commands of its user. */
export interface RunningBroker {
  /** Process id. */
  readonly pid: number;
  /** Absolute path of its configuration file; null when it has none. */
  readonly config: string | null;
  /** Names of its options and variables that give settings, no values. */
  readonly given: readonly string[];
  /** `storage.mode`. */
  readonly mode: string;
  /** The store's file, whether `mode` has one or not. */
  readonly store: string;
  /** Folder of its authority. */
  readonly authority: string;
  /** File that lists client certificates. */
  readonly list: string;
  /** The first port that speaks MQTT over TLS. */
  readonly tlsPort: number;
  /** The socket file at which it answers questions. */
  readonly control: string;
  /** Its admin page; undefined while it is off. */
  readonly admin?: {
    /** File of users and tokens; null where they are in memory. */
    readonly file: string | null;
    /** With a slash at the end. */
    readonly url: string;
  };
}

type Environment = Readonly<Record<string, string>>;

/** Folder for a service without a home. */
const OF_SERVICES = "/var/lib/dunlin/running";

/**
 * Returns the folders in which a broker may write its entry, the best first.
 * A broker with `storesNothing` writes nothing to a disk.
 */
export function foldersToWrite(
  environment: Environment,
  storesNothing: boolean,
): string[] {
  const runtime = environment.XDG_RUNTIME_DIR ?? "";
  const folders = runtime.startsWith("/") ? [join(runtime, "dunlin")] : [];
  return storesNothing ? folders : [...folders, stateFolder(environment)];
}

/** Returns all folders in which a broker of this user may have its entry. */
export function foldersToRead(environment: Environment): string[] {
  return [...new Set([...foldersToWrite(environment, false), OF_SERVICES])];
}

/** Returns the socket file that belongs to the entry at `path`. */
export function socketBeside(path: string): string {
  return path.replace(/\.json(\.tmp)?$/, ".control");
}

function stateFolder(environment: Environment): string {
  const store = storagePath(completeSettings({}), environment);
  return join(dirname(store), "running");
}

/** Returns the text of an entry. */
export function writeEntry(broker: RunningBroker): string {
  return `${JSON.stringify(broker, null, 2)}\n`;
}

/**
 * Reads the text of an entry; null when another version wrote it. Earlier
 * versions have no `control`.
 */
export function readEntry(text: string): RunningBroker | null {
  try {
    const entry = JSON.parse(text) as RunningBroker;
    const texts = [entry.mode, entry.store, entry.authority, entry.list];
    const isWhole = texts.every((one) => typeof one === "string") &&
      [entry.pid, entry.tlsPort].every((one) => Number.isSafeInteger(one)) &&
      (entry.config === null || typeof entry.config === "string") &&
      Array.isArray(entry.given);
    if (!isWhole) return null;
    const { control = controlPath(entry.store) } = entry;
    return typeof control === "string" ? { ...entry, control } : null;
  } catch {
    return null;
  }
}
