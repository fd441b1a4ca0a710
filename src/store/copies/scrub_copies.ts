import { type Copies, type Copy, findCopies } from "./copies.ts";
import type { Files } from "../base/files.ts";
import { readJournal } from "./journal_reader.ts";
import { snapshotHead } from "./snapshot.ts";

/**
 * Reads the snapshots and journals of the store at `store`, and returns the
 * paths of those that are damaged. The end of a journal does not count: a write
 * may have been torn there, or go on now.
 */
export async function scrubCopies(
  files: Files,
  store: string,
  pause: () => Promise<void>,
): Promise<string[]> {
  const { snapshots, journals }: Copies = await findCopies(files, store);
  const damaged: string[] = [];
  for (const snapshot of snapshots) {
    if (await isDamaged(files, snapshot)) damaged.push(snapshot.path);
    await pause();
  }
  for (const { path } of journals) {
    let isWhole = true;
    const frames = readJournal(files, path, ({ isEnd }) => {
      if (!isEnd) isWhole = false;
    });
    for await (const _ of frames) await pause();
    if (!isWhole) damaged.push(path);
  }
  return damaged;
}

async function isDamaged(files: Files, snapshot: Copy): Promise<boolean> {
  return await snapshotHead(files, snapshot) === null;
}
