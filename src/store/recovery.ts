import type { Blocks, Commit } from "./blocks.ts";
import { type Copies, findCopies } from "./copies.ts";
import { readJournal } from "./journal.ts";
import { isWholeSnapshot } from "./snapshot.ts";

/**
 * Brings `blocks` up to the journals of the store at `store`, as far as they
 * go on from its head without a gap.
 */
export async function catchUp(blocks: Blocks, store: string): Promise<void> {
  const { journals } = await findCopies(store);
  for await (const commit of commitsOf(journals)) {
    if (commit.head.commit === blocks.head.commit + 1) {
      await blocks.commit(commit);
    }
  }
}

/** The number of the last commit that the journals hold whole; 0 for none. */
export async function lastJournaled(store: string): Promise<number> {
  const { journals } = await findCopies(store);
  let last = 0;
  for await (const { head } of commitsOf(journals)) {
    last = Math.max(last, head.commit);
  }
  return last;
}

/**
 * Builds a store anew in `blocks`, which is empty, from the newest snapshot
 * that is whole and the journals. Returns the number of the last commit; 0
 * when there was nothing to build from.
 */
export async function rebuild(blocks: Blocks, store: string): Promise<number> {
  const { snapshots } = await findCopies(store);
  for (const { path, commit } of snapshots) {
    if (!await isWholeSnapshot(path, commit)) continue;
    for await (const part of readJournal(path)) await blocks.commit(part);
    break;
  }
  await catchUp(blocks, store);
  return blocks.head.commit;
}

async function* commitsOf(
  journals: Copies["journals"],
): AsyncGenerator<Commit> {
  for (const { path } of journals) yield* readJournal(path);
}
