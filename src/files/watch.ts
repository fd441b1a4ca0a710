import { dirname } from "node:path";
import type { Cancel, Clock } from "../clock/mod.ts";
import { type FileSight, lookAt } from "./file_sight.ts";
import { hearFolder, leaveFolder } from "./folder_events.ts";

/** Between two looks, where events do not arrive (ms). */
const LOOK = 10_000;

/** Time for the next file: programs often replace several at once (ms). */
const QUIET = 200;

/** The longest that a folder without rest puts a look off (ms). */
const PATIENCE = 2_000;

/** A watch of files, until it is closed. */
export interface FileWatch {
  /** Looks at once; resolves when the changes are reported. */
  look(): Promise<void>;
  /** Ends the watch; reports no further change. */
  close(): void;
}

/** Options of a watch. */
export interface WatchOptions {
  /**
   * True to use events of the system; without them only looks find changes.
   * @default {true}
   */
  readonly events?: boolean;
  /**
   * So long after an event there is a look, in ms, at least 1: more events put
   * it off, by 2 s at most. Shorter, what is written in parts is seen in parts.
   * @default {200}
   */
  readonly quiet?: number;
}

/**
 * Watches `paths`: files that may come, go, and be symbolic links with changing
 * targets (certbot, Kubernetes). Calls `changed` with those whose content may
 * have changed since the look before. Events of the system report a change within
 * a second; where none arrive (network file systems, too many watches) a look
 * every 10 s does. Resolves after the first look, which later ones compare with.
 * Never rejects; `changed` must not throw.
 */
export async function watchFiles(
  paths: readonly string[],
  clock: Clock,
  changed: (paths: readonly string[]) => void,
  options: WatchOptions = {},
): Promise<FileWatch> {
  const watch = new Watch([...new Set(paths)], clock, changed, options);
  await watch.look();
  return watch;
}

class Watch implements FileWatch {
  readonly #paths: readonly string[];
  readonly #clock: Clock;
  readonly #changed: (paths: readonly string[]) => void;
  readonly #events: boolean;
  readonly #quiet: number;
  readonly #seen = new Map<string, FileSight>();
  /** Folders whose events are heard. */
  #folders: ReadonlySet<string> = new Set();
  /** One and the same function: by it a folder knows this watch. */
  readonly #hears = () => this.#heard();
  #isFirst = true;
  #isClosed = false;
  #looking: Promise<void> = Promise.resolve();
  /** A look that has not begun yet; it will do for all who ask meanwhile. */
  #due: Promise<void> | null = null;
  #next: Cancel | null = null;
  #soon: Cancel | null = null;
  /** When the event came that a look is due for; null for none. */
  #since: number | null = null;

  constructor(
    paths: readonly string[],
    clock: Clock,
    changed: (paths: readonly string[]) => void,
    { events = true, quiet = QUIET }: WatchOptions,
  ) {
    this.#paths = paths;
    this.#clock = clock;
    this.#changed = changed;
    this.#events = events;
    this.#quiet = quiet;
  }

  /** One after the other: a look that overtook another would be undone by it. */
  look(): Promise<void> {
    return this.#looking = this.#due ??= this.#looking.then(() => {
      this.#due = null;
      return this.#look();
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#next?.();
    this.#soon?.();
    this.#hearOnly(new Set());
  }

  async #look(): Promise<void> {
    if (this.#isClosed) return;
    this.#next?.();
    this.#soon?.();
    this.#since = this.#soon = null;
    // First the watchers: an event reports each change after them.
    if (this.#events) await this.#watchFolders();
    // All at once: in a busy process each wait for the disk takes its turn.
    const now = this.#clock.date();
    const looks = await Promise.all(
      this.#paths.map((path) => lookAt(path, now, this.#seen.get(path))),
    );
    const different: string[] = [];
    looks.forEach(({ sight, isSame }, index) => {
      const path = this.#paths[index];
      this.#seen.set(path, sight);
      if (!isSame) different.push(path);
    });
    if (this.#isClosed) return;
    this.#next = this.#clock.after(LOOK, () => this.look());
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    if (!isFirst && different.length > 0) this.#changed(different);
  }

  /** Hears of the folders where the files and the links to them are now. */
  async #watchFolders(): Promise<void> {
    const folders = await Promise.all(
      this.#paths.map(async (path) => [dirname(path), await realFolder(path)]),
    );
    if (this.#isClosed) return;
    this.#hearOnly(new Set(folders.flat()));
    await Promise.all(
      Array.from(this.#folders, (one) => hearFolder(one, this.#hears)),
    );
  }

  /** Leaves the folders that are not among `wanted`. */
  #hearOnly(wanted: ReadonlySet<string>): void {
    for (const folder of this.#folders) {
      if (!wanted.has(folder)) leaveFolder(folder, this.#hears);
    }
    this.#folders = wanted;
  }

  /** Puts the look off until there is quiet, but not for ever. */
  #heard(): void {
    if (this.#isClosed) return;
    const now = this.#clock.now();
    this.#since ??= now;
    this.#soon?.();
    const wait = Math.min(
      this.#quiet,
      Math.max(0, this.#since + PATIENCE - now),
    );
    this.#soon = this.#clock.after(wait, () => this.look());
  }
}

/** Returns the folder of the file that `path` leads to in the end. */
async function realFolder(path: string): Promise<string> {
  try {
    return dirname(await Deno.realPath(path));
  } catch {
    return dirname(path);
  }
}
