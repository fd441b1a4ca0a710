import { type Blocks, EMPTY, type Head, sameHead } from "../blocks/blocks.ts";
import { type Copies, type Copy, findCopies } from "./copies.ts";
import type { Files } from "../base/files.ts";
import {
  type Gap,
  joined,
  type JournaledCommit,
  readJournal,
} from "./journal_reader.ts";
import { snapshotHead } from "./snapshot.ts";

/** How far a snapshot and the journals that go on from it lead. */
export interface Line {
  /** Null where the journals alone go back to the beginning. */
  readonly snapshot: Copy | null;
  /** Where they end without a gap; `EMPTY` when there is nothing. */
  readonly reach: Head;
}

/** Takes what is seen in journals, whether it goes on from anything or not. */
export interface JournalSights {
  /** Takes a damaged part of the journal at `path`. */
  gap(path: string, gap: Gap): void;
  /** Takes the head of a whole commit. */
  commit(head: Head): void;
}

/**
 * Goes through the commits of the journals that go on from `from` without a
 * gap; returns where they end. A journal of another past, as it is left when a
 * store was built anew or replaced, has the numbers but not the heads, and is
 * passed over.
 */
export async function follow(
  files: Files,
  journals: Copies["journals"],
  from: Head,
  take?: (commit: JournaledCommit) => Promise<void> | void,
  seen?: JournalSights,
): Promise<Head> {
  let at = from;
  for (const { path } of journals) {
    const gap = (gap: Gap) => seen?.gap(path, gap);
    for await (const commit of joined(readJournal(files, path, gap))) {
      seen?.commit(commit.head);
      if (!continues(commit, at)) continue;
      await take?.(commit);
      at = commit.head;
    }
  }
  return at;
}

function continues(
  { head, blocks, after }: JournaledCommit,
  at: Head,
): boolean {
  // Of a commit in several frames the first ones may be damaged.
  const begins = blocks.length === 0 ? head.last + 1 : blocks[0].number;
  return head.commit === at.commit + 1 && begins === at.last + 1 &&
    (after === null || sameHead(after, at));
}

/**
 * The lines that the copies make: one for each snapshot that is whole, the
 * newest first, then that of the journals alone.
 */
export async function* linesOf(
  files: Files,
  copies: Copies,
): AsyncGenerator<Line> {
  for (const snapshot of copies.snapshots) {
    const head = await snapshotHead(files, snapshot);
    if (head === null) continue;
    yield { snapshot, reach: await follow(files, copies.journals, head) };
  }
  yield { snapshot: null, reach: await follow(files, copies.journals, EMPTY) };
}

/** The line that leads to the latest commit. */
export async function latestLine(
  files: Files,
  copies: Copies,
): Promise<Line> {
  let latest: Line = { snapshot: null, reach: EMPTY };
  for await (const line of linesOf(files, copies)) {
    if (line.reach.commit > latest.reach.commit) latest = line;
  }
  return latest;
}

/** Brings `blocks` up to where the journals of the store at `store` lead. */
export async function catchUp(
  files: Files,
  blocks: Blocks,
  store: string,
): Promise<void> {
  const { journals } = await findCopies(files, store);
  await follow(files, journals, blocks.head, (commit) => blocks.commit(commit));
}

/** Builds a store anew in `blocks`, which is empty, along `line`. */
export async function rebuild(
  files: Files,
  blocks: Blocks,
  store: string,
  line: Line,
): Promise<void> {
  if (line.snapshot !== null) {
    const { path } = line.snapshot;
    for await (const part of readJournal(files, path)) {
      await blocks.commit(part);
    }
  }
  await catchUp(files, blocks, store);
}
