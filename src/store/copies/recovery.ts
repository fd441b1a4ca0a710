import { type Blocks, EMPTY, type Head, sameHead } from "../blocks/blocks.ts";
import { type Copies, type Copy, findCopies } from "./copies.ts";
import type { Files } from "../files/files.ts";
import {
  type Gap,
  joined,
  type JournaledCommit,
  readJournal,
} from "./journal_reader.ts";
import { snapshotHead } from "./snapshot.ts";

/** The reach of a snapshot and the journals that continue it. */
export interface Line {
  /** Null for journals that reach back to the beginning. */
  readonly snapshot: Copy | null;
  /** The head at their end without a gap; `EMPTY` = nothing. */
  readonly reach: Head;
}

/** Receives all findings in journals, also commits that continue nothing. */
export interface JournalSights {
  /** Takes a damaged part of the journal at `path`. */
  gap(path: string, gap: Gap): void;
  /** Takes the head of a whole commit. */
  commit(head: Head): void;
}

/**
 * Reads the commits that continue `from` without a gap; returns the head at
 * their end.
 *
 * A journal of another epoch, left by a rebuilt or replaced store, has fitting
 * numbers but other heads; its commits are skipped.
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
  // The first frames of a long commit may be damaged.
  const begins = blocks.length === 0 ? head.last + 1 : blocks[0].number;
  return head.commit === at.commit + 1 && begins === at.last + 1 &&
    (after === null || sameHead(after, at));
}

/**
 * Yields the line of each whole snapshot, the newest first, then that of the
 * journals alone.
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

/** Returns the line that reaches the latest commit. */
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

/**
 * Adds to `blocks` the commits that the journals of the store `store` have
 * beyond it.
 */
export async function catchUp(
  files: Files,
  blocks: Blocks,
  store: string,
): Promise<void> {
  const { journals } = await findCopies(files, store);
  await follow(files, journals, blocks.head, (commit) => blocks.commit(commit));
}

/** Writes a store along `line` into `blocks`, which are empty. */
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
