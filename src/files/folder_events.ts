import { resolve } from "node:path";
import { folderAt } from "./file_sight.ts";

/**
 * Folders under watch, by absolute path. The runtime counts watchers by path
 * and asks the system only for the first: two watchers of one folder would keep
 * each other at a folder that was replaced. So the process has one for each.
 */
const folders = new Map<string, WatchedFolder>();

/**
 * Calls `heard` when something changes in `folder`, which need not exist. Call
 * it again to follow a folder that was created or replaced since. Resolves once
 * later changes are heard; where the system cannot tell of them, `heard` is not
 * called. Never rejects.
 */
export async function hearFolder(
  folder: string,
  heard: () => void,
): Promise<void> {
  const path = resolve(folder);
  const watched = folders.getOrInsertComputed(
    path,
    () => new WatchedFolder(path),
  );
  watched.listeners.add(heard);
  await watched.follow(heard);
}

/** Undoes `hearFolder` of the same arguments. */
export function leaveFolder(folder: string, heard: () => void): void {
  const watched = folders.get(resolve(folder));
  watched?.listeners.delete(heard);
  if (watched?.listeners.size === 0) watched.rest();
}

class WatchedFolder {
  readonly listeners = new Set<() => void>();
  readonly #path: string;
  #watcher: Deno.FsWatcher | null = null;
  /** The folder that `#watcher` is at. */
  #identity: string | null = null;
  /** Resolves when the runtime has let go of the last watcher. */
  #released: Promise<void> = Promise.resolve();
  #following: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  /** Watches the folder that is at the path now; one call after the other. */
  follow(asker: (() => void) | null): Promise<void> {
    return this.#following = this.#following.then(() => this.#follow(asker));
  }

  /** Ends the watcher; a listener that comes before it has gone waits for that. */
  rest(): void {
    this.#release();
    void this.follow(null);
  }

  async #follow(asker: (() => void) | null): Promise<void> {
    const identity = await folderAt(this.#path);
    if (this.#watcher !== null && this.#identity === identity) return;
    this.#release();
    // Opened before that, the new watcher would count as one of the old folder.
    await this.#released;
    if (this.listeners.size === 0) {
      folders.delete(this.#path);
      return;
    }
    this.#identity = identity;
    if (identity !== null) this.#open();
    // Nothing was heard since the old watcher closed: the listeners must look.
    if (asker !== null && this.#watcher === null) return;
    for (const heard of this.listeners) if (heard !== asker) heard();
  }

  #open(): void {
    try {
      this.#watcher = Deno.watchFs(this.#path, { recursive: false });
      this.#released = this.#hear(this.#watcher).catch(() => {});
    } catch {
      // Too many watches, or the folder has gone: looks see what changes.
    }
  }

  #release(): void {
    this.#watcher?.close();
    this.#watcher = null;
  }

  async #hear(watcher: Deno.FsWatcher): Promise<void> {
    for await (const { kind, paths } of watcher) {
      // Our own reading is an event, too.
      if (kind === "access") continue;
      const isMoved = kind === "remove" || kind === "rename";
      if (isMoved && paths.includes(this.#path)) {
        // The runtime forgets a path with the folder that leaves it, also where
        // another folder has taken its place and is watched already.
        this.#release();
        void this.follow(null);
      } else {
        for (const heard of this.listeners) heard();
      }
    }
  }
}
