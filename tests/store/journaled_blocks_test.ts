import assert from "node:assert/strict";
import { StoreError } from "../../src/store/base/store_error.ts";
import type { JournaledBlocks } from "../../src/store/copies/journaled_blocks.ts";
import { until } from "../support/wait.ts";
import { Commits, CopiedMemory, JournaledStore } from "./journaled_store.ts";

const HOUR = 3_600_000;
const MINUTE = 60_000;

/** A store whose snapshot has failed, so that it is due again in a minute. */
async function withDueSnapshot(
  store: JournaledStore<CopiedMemory>,
  commits: Commits,
): Promise<JournaledBlocks> {
  const { blocks, clock, told } = store;
  const journaled = await store.open();
  for (let count = 0; count < 3; count++) {
    await journaled.commit(commits.next());
  }
  blocks.unreadable = new Error("Input/output error");
  clock.advance(HOUR);
  await journaled.commit(commits.next());
  await until("the failed snapshot", () => told.length === 1);
  blocks.unreadable = null;
  await journaled.commit(commits.next());
  return journaled;
}

Deno.test("a snapshot that comes due between two tries of a commit leaves no gap in the journals", async () => {
  await using store = new JournaledStore(new CopiedMemory());
  const commits = new Commits();
  const journaled = await withDueSnapshot(store, commits);
  const { blocks } = store;
  const tried = commits.next();
  blocks.fault = new Error("disk is full");
  await assert.rejects(journaled.commit(tried));
  store.clock.advance(MINUTE);
  blocks.fault = null;
  await journaled.commit(tried);
  await journaled.commit(commits.next());
  assert.equal(await store.reach(), commits.count);
  await until("the snapshot", () => store.told.at(-1) === null);
  await journaled.commit(commits.next());
  await journaled.close();
  assert.equal(await store.reach(), commits.count);
});

Deno.test("a commit that another broker prevents is in no journal, although a snapshot came due", async () => {
  await using store = new JournaledStore(new CopiedMemory());
  const commits = new Commits();
  const journaled = await withDueSnapshot(store, commits);
  const { blocks } = store;
  const { commit } = blocks.head;
  const tried = commits.next();
  blocks.fault = new Error("disk is full");
  await assert.rejects(journaled.commit(tried));
  store.clock.advance(MINUTE);
  blocks.fault = new StoreError("taken", "another broker");
  await assert.rejects(journaled.commit(tried));
  assert.equal(await store.reach(), commit);
  await journaled.close();
});

Deno.test("a scrub that ends between two tries of a commit leaves no gap in the journals", async () => {
  await using store = new JournaledStore(new CopiedMemory());
  const commits = new Commits();
  const { blocks } = store;
  const journaled = await store.open();
  for (let count = 0; count < 5; count++) {
    await journaled.commit(commits.next());
  }
  const tried = commits.next();
  blocks.fault = new Error("disk is full");
  await assert.rejects(journaled.commit(tried));
  const path = `${store.path}.journal-0`;
  const bytes = Deno.readFileSync(path);
  bytes[200] ^= 4;
  Deno.writeFileSync(path, bytes);
  assert.match(
    (await journaled.scrub(() => Promise.resolve()))!,
    /second copy was damaged/,
  );
  blocks.fault = null;
  await journaled.commit(tried);
  for (let count = 0; count < 3; count++) {
    await journaled.commit(commits.next());
  }
  await until("the new copy", () => store.names.length === 2);
  await journaled.close();
  assert.equal(await store.reach(), commits.count);
});
