import { bytesIn } from "../blocks/blocks.ts";
import { type Copy, findCopies } from "./copies.ts";
import type { Files } from "../files/files.ts";
import { isBroken } from "../base/open_fault.ts";
import { readJournal } from "./journal_reader.ts";
import { snapshotHead } from "./snapshot.ts";

/** Bytes read between two pauses. */
const SLICE = 1024 * 1024;

/** Lets other work run. */
type Pause = () => Promise<void>;

/**
 * Reads the snapshots and journals of the store at `store`, and returns the
 * paths of those that are damaged. The end of a journal does not count: a write
 * may have been torn there, or go on now. But a journal must reach the commit
 * from which on the next one continues. A copy that a snapshot removes
 * meanwhile does not count.
 */
export async function scrubCopies(
  files: Files,
  store: string,
  pause: Pause,
): Promise<string[]> {
  const { snapshots, journals } = await findCopies(files, store);
  const paused = inSlices(pause);
  const damaged: string[] = [];
  for (const copy of snapshots) {
    const isWhole = await ifThere(async () =>
      await snapshotHead(files, copy, paused) !== null
    );
    if (!isWhole) damaged.push(copy.path);
  }
  for (const [at, copy] of journals.entries()) {
    const end = journals.at(at + 1)?.commit ?? 0;
    const isWhole = await ifThere(() =>
      isWholeJournal(files, copy, end, paused)
    );
    if (!isWhole) damaged.push(copy.path);
  }
  return damaged;
}

/** Pauses once for many frames: a journal may have hundreds of thousands. */
function inSlices(pause: Pause): (bytes: number) => Promise<void> | void {
  let read = 0;
  return (bytes) => {
    read += bytes;
    if (read < SLICE) return;
    read = 0;
    return pause();
  };
}

/**
 * Returns whether a copy is whole. A removed copy counts as whole, a copy that
 * the disk cannot read as damaged.
 */
async function ifThere(look: () => Promise<boolean>): Promise<boolean> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return true;
    if (isBroken((error as Error).message)) return false;
    throw error;
  }
}

/** Returns whether a journal is whole and has all commits up to `end`. */
async function isWholeJournal(
  files: Files,
  { path, commit }: Copy,
  end: number,
  paused: (bytes: number) => Promise<void> | void,
): Promise<boolean> {
  let isWhole = true;
  let reach = commit;
  const frames = readJournal(files, path, ({ isEnd }) => {
    if (!isEnd) isWhole = false;
  });
  for await (const frame of frames) {
    reach = Math.max(reach, frame.head.commit);
    await paused(bytesIn(frame));
  }
  return isWhole && reach >= end;
}
