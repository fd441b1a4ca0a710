import { basename, dirname, join } from "node:path";

/** A file beside a store. */
export interface Copy {
  readonly path: string;
  /** A snapshot holds all up to this commit, a journal what comes after it. */
  readonly commit: number;
}

/** The second copy of a store: snapshots, and journals from these on. */
export interface Copies {
  /** The newest first. */
  readonly snapshots: readonly Copy[];
  /** The oldest first. */
  readonly journals: readonly Copy[];
}

/** Where the snapshot of `commit` is. */
export function snapshotPath(store: string, commit: number): string {
  return `${store}.snapshot-${commit}`;
}

/** Where the journal of what came after `commit` is. */
export function journalPath(store: string, commit: number): string {
  return `${store}.journal-${commit}`;
}

/** Finds the snapshots and journals of the store at `store`. */
export async function findCopies(store: string): Promise<Copies> {
  const folder = dirname(store);
  const name = basename(store);
  const snapshots: Copy[] = [];
  const journals: Copy[] = [];
  for await (const entry of Deno.readDir(folder)) {
    if (!entry.name.startsWith(`${name}.`)) continue;
    const match = /^\.(snapshot|journal)-(\d+)$/.exec(
      entry.name.slice(name.length),
    );
    if (match === null) continue;
    const copy = {
      path: join(folder, entry.name),
      commit: Number(match[2]),
    };
    (match[1] === "snapshot" ? snapshots : journals).push(copy);
  }
  snapshots.sort((a, b) => b.commit - a.commit);
  journals.sort((a, b) => a.commit - b.commit);
  return { snapshots, journals };
}

/** Removes snapshots but the two newest, and journals older than these. */
export async function removeOldCopies(store: string): Promise<void> {
  const { snapshots, journals } = await findCopies(store);
  if (snapshots.length < 2) return;
  const oldest = snapshots[1].commit;
  for (const { path } of snapshots.slice(2)) await Deno.remove(path);
  for (const { path, commit } of journals) {
    if (commit < oldest) await Deno.remove(path);
  }
}
