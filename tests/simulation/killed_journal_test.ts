import assert from "node:assert/strict";
import { sealBlock } from "../../src/store/blocks/block.ts";
import { type Commit, EMPTY } from "../../src/store/blocks/blocks.ts";
import { journalPath } from "../../src/store/copies/copies.ts";
import { Journal } from "../../src/store/copies/journal.ts";
import { readJournal } from "../../src/store/copies/journal_reader.ts";
import { MemoryBlocks } from "../support/memory_blocks.ts";
import type { Disk } from "../../src/store/mod.ts";
import { startOrRebuild } from "../../src/store/opening/start_from_copies.ts";
import { SCHEMA } from "../../src/store/base/schema.ts";
import { Random } from "../support/random.ts";
import type { SimulatedFile } from "./disk/simulated_file.ts";
import { SimulatedFiles, SimulatedNames } from "./disk/simulated_files.ts";
import { KvNode } from "./disk/simulated_kv.ts";

const STORE = "/disk/store.kv";

function commit(number: number): Commit {
  const bytes = new Uint8Array(20).fill(number);
  sealBlock(bytes, number, 0, 0);
  const head = { ...EMPTY, last: number, commit: number, epoch: 1 };
  return { head, blocks: [{ number, bytes }] };
}

Deno.test("fault-tolerant: what a start takes from the journal of a killed broker is on disk in the journal, too", async () => {
  for (let seed = 1; seed <= 100; seed++) await startAfterKill(seed, false);
});

Deno.test("fault-tolerant: the same where a sync has failed before, so that the system counts lost pages as written", async () => {
  for (let seed = 1; seed <= 100; seed++) await startAfterKill(seed, true);
});

Deno.test("fault-tolerant: the same where another journal took over after the failed sync, and has nothing yet", async () => {
  for (let seed = 1; seed <= 100; seed++) await startAfterKill(seed, true, 1);
});

/**
 * Kills a broker before the sync of its last commit, starts, and cuts power.
 * `next` is the commit from which on another journal was begun.
 */
async function startAfterKill(
  seed: number,
  hasFailed: boolean,
  next: number | null = null,
) {
  const random = new Random(seed);
  const names = new SimulatedNames();
  const files = new SimulatedFiles(names, random);
  const path = journalPath(STORE, 0);
  const journal = await Journal.create(files, path, EMPTY);
  await journal.append(commit(1));
  // The broker is killed before the sync; the system still has the bytes.
  await journal.write(commit(2));
  if (hasFailed) (names.at(path) as SimulatedFile).failSync(random);
  if (next !== null) {
    const { head } = commit(next);
    await Journal.create(files, journalPath(STORE, next), head);
  }
  const blocks = Object.assign(new MemoryBlocks(), {
    keepFrom: Infinity,
    isJournaled: true,
    wasJournaled: true,
  });
  await blocks.commit(commit(1));
  names.set(STORE, new KvNode());
  names.sync("/disk");
  const disk: Partial<Disk> = {
    files,
    verify: () =>
      Promise.resolve({
        schema: SCHEMA,
        head: blocks.head,
        isJournaled: true,
      }),
    openBlocks: () => Promise.resolve(blocks),
  };
  await startOrRebuild({
    disk: disk as Disk,
    path: STORE,
    now: 0,
    refuse: true,
    doubt: null,
    keepsCopies: true,
  });
  assert.equal(blocks.head.commit, 2);
  names.crash(random);
  const commits: number[] = [];
  for await (const { head } of readJournal(files, path)) {
    commits.push(head.commit);
  }
  assert.deepEqual(commits, [1, 2], `seed ${seed}`);
}
