import assert from "node:assert/strict";
import { type Commit, EMPTY } from "../../src/store/blocks/blocks.ts";
import { journalPath } from "../../src/store/copies/copies.ts";
import { Journal } from "../../src/store/copies/journal.ts";
import { joined, readJournal } from "../../src/store/copies/journal_reader.ts";
import { BatchEncoder } from "../../src/store/log/batch_encoder.ts";
import { LogStore } from "../../src/store/log/log_store.ts";
import { MemoryBlocks } from "../support/memory_blocks.ts";
import { type PlainEntry, PlainState } from "../../src/store/plain_state.ts";
import { systemFiles as files } from "../../src/store/files/system_files.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { FaultyBlocks, settle } from "./faulty_blocks.ts";
import { happen, seeded } from "./random_world.ts";
import { assertSame, message, picture, World } from "./world.ts";

/** Bytes of messages in a commit, for these tests. */
const PART = 10_000;

function open(blocks: MemoryBlocks, clock = new ManualClock()): LogStore {
  return new LogStore(blocks, clock, {
    mode: "durable",
    flushInterval: 200,
    part: PART,
  });
}

/** A payload whose first byte is `mark`. */
function payload(mark: number, length = 3000): Uint8Array {
  return new Uint8Array(length).fill(mark);
}

/** The state after the first `commits`, as a crash would leave it. */
async function after(commits: readonly Commit[]): Promise<World> {
  const blocks = new MemoryBlocks();
  for (const commit of commits) await blocks.commit(commit);
  return await World.load(open(blocks));
}

/** All but what is retained. */
function sessionsOf(world: World): unknown {
  return (world.picture() as { sessions: unknown }).sessions;
}

Deno.test("a batch is cut into commits of bounded bytes, and is acknowledged with the last", async () => {
  const blocks = new FaultyBlocks();
  const world = await World.load(open(blocks));
  const sessions = ["a", "b"].map((name) => world.begin(name));
  await world.committed();
  const before = blocks.done.length;
  blocks.slow = true;
  for (let i = 0; i < 30; i++) world.queue(message("q", payload(i)), sessions);
  for (let i = 0; i < 9; i++) {
    world.retain(message(`r/${i}`, payload(i), { retain: true }));
  }
  let isCommitted = false;
  const done = world.committed().then(() => isCommitted = true);
  await settle();
  while (blocks.tries > blocks.done.length) {
    assert.equal(isCommitted, false, "acknowledged before the last part");
    blocks.go();
    await settle();
  }
  await done;
  const parts = blocks.done.slice(before);
  assert.ok(parts.length >= 39 * 3000 / PART, `${parts.length} parts`);
  for (const { blocks } of parts) {
    const bytes = blocks.reduce((sum, { bytes }) => sum + bytes.length, 0);
    assert.ok(bytes < PART + 2000, `a commit of ${bytes} bytes`);
  }
  await world.store.close();
});

Deno.test("a crash between the parts leaves the sessions as they were before the batch", async () => {
  const blocks = new FaultyBlocks();
  const world = await World.load(open(blocks));
  const [old, kept] = ["old", "kept"].map((name) => world.begin(name));
  world.subscribe(kept, "before");
  world.queue(message("q", "for the old session"), [old]);
  world.retain(message("r/0", payload(200), { retain: true }));
  await world.committed();
  const before = sessionsOf(world);
  const count = blocks.done.length;

  // What belongs together: a takeover, a message received with QoS 2.
  world.end(old);
  world.begin("old");
  world.unsubscribe(kept, "before");
  world.subscribe(kept, "after");
  world.receive(kept, 7);
  for (let i = 0; i < 20; i++) world.queue(message("q", payload(i)), [kept]);
  for (let i = 0; i < 20; i++) {
    world.retain(message(`r/${i}`, payload(i), { retain: true }));
  }
  await world.committed();
  assert.ok(blocks.done.length - count > 10);

  for (let at = count; at < blocks.done.length; at++) {
    const found = await after(blocks.done.slice(0, at));
    assertSame(sessionsOf(found), before, `after ${at} commits`);
    const { queuedMessages } = found.store.status;
    assert.equal(queuedMessages, 1, "bodies without entries count");
  }
  assertSame((await after(blocks.done)).picture(), world.picture());
  await world.store.close();
});

Deno.test("messages that are over before the last part leave nothing behind", async () => {
  const blocks = new FaultyBlocks();
  const world = await World.load(open(blocks));
  const session = world.begin("a");
  await world.committed();
  blocks.slow = true;
  const entries = Array.from(
    { length: 20 },
    (_, i) => world.queue(message("q", payload(i)), [session]),
  ).flat();
  const done = world.committed();
  await settle();
  for (const entry of entries.slice(0, 19)) world.done(entry);
  blocks.slow = false;
  blocks.go();
  await done;
  const { queuedMessages, queuedBytes } = world.store.status;
  assert.equal(queuedMessages, 1);
  assert.ok(queuedBytes < 3100, `${queuedBytes} bytes count as live`);
  const last = await after(blocks.done);
  assertSame(last.picture(), world.picture());
  await world.store.close();
});

Deno.test("a batch comes to its end, however much is noted meanwhile", async () => {
  const blocks = new FaultyBlocks();
  const world = await World.load(open(blocks));
  const session = world.begin("a");
  await world.committed();
  blocks.slow = true;
  const note = () => {
    for (let i = 0; i < 10; i++) {
      world.queue(message("q", payload(i)), [session]);
    }
  };
  note();
  let isCommitted = false;
  world.committed().then(() => isCommitted = true);
  for (let turn = 0; turn < 20 && !isCommitted; turn++) {
    note();
    await settle();
    blocks.go();
    await settle();
  }
  assert.ok(isCommitted);
  blocks.slow = false;
  blocks.go();
  await world.store.close();
});

/** Runs `work`; returns how often it asked entries for their delivery. */
async function looks(
  entries: readonly PlainEntry[],
  work: () => Promise<void>,
): Promise<number> {
  let count = 0;
  for (const entry of entries) {
    const { delivery } = entry;
    Object.defineProperty(entry, "delivery", {
      get: () => (count++, delivery),
    });
  }
  await work();
  return count;
}

Deno.test("each note is looked at a few times, however many parts a batch has", async () => {
  const counts: number[] = [];
  for (const parts of [4, 64]) {
    const blocks = new FaultyBlocks();
    const world = await World.load(open(blocks));
    const session = world.begin("a");
    await world.committed();
    const before = blocks.done.length;
    const entries = Array.from(
      { length: parts * PART / 100 },
      () => world.queue(message("q", payload(1, 100)), [session]),
    ).flat();
    const count = await looks(entries, () => world.committed());
    assert.ok(blocks.done.length - before >= parts);
    counts.push(count / entries.length);
    await world.store.close();
  }
  assert.ok(counts[1] < counts[0] + 1, `${counts} looks at an entry`);
});

Deno.test("bodies written ahead are remembered once, however many parts a batch has", async () => {
  const blocks = new FaultyBlocks();
  const world = await World.load(open(blocks));
  const session = world.begin("a");
  await world.committed();
  const { prototype } = BatchEncoder;
  const { bodyAhead } = prototype;
  let ahead = 0;
  prototype.bodyAhead = function (message) {
    ahead++;
    bodyAhead.call(this, message);
  };
  try {
    for (let count = 0; count < 60; count++) {
      world.queue(message("q", payload(count)), [session]);
    }
    await world.committed();
  } finally {
    prototype.bodyAhead = bodyAhead;
  }
  assert.ok(blocks.done.length > 15);
  assert.ok(ahead <= 60, `${ahead} bodies`);
  await world.store.close();
});

Deno.test("a long commit is many frames of a journal, and all or nothing", async () => {
  const folder = await Deno.makeTempDir();
  const path = journalPath(`${folder}/store.kv`, 0);
  const commit = (number: number, from: number, to: number): Commit => ({
    head: { ...EMPTY, last: to, commit: number },
    blocks: Array.from({ length: to - from + 1 }, (_, i) => ({
      number: from + i,
      bytes: payload(from + i, 1000),
    })),
  });
  const commits = [commit(1, 1, 1), commit(2, 2, 11), commit(3, 12, 12)];
  const journal = await Journal.create(files, path, EMPTY);
  const ends: number[] = [];
  for (const one of commits) {
    await journal.write(one, 3000);
    ends.push(journal.length);
  }
  journal.close();
  let frames = 0;
  for await (const { blocks } of readJournal(files, path)) {
    frames++;
    assert.ok(blocks.length <= 3);
  }
  assert.equal(frames, 1 + 4 + 1);
  const read = async () => {
    const found: Commit[] = [];
    for await (const { head, blocks } of joined(readJournal(files, path))) {
      found.push({ head, blocks });
    }
    return found;
  };
  assert.deepEqual(await read(), commits);
  // Torn anywhere within the long one, it is not there at all.
  for (let end = ends[1] - 1; end >= ends[0]; end -= 500) {
    await Deno.truncate(path, end);
    assert.deepEqual(await read(), commits.slice(0, 1), `${end} bytes`);
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("parts of a state that changes at random are loaded as they were", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = seeded(seed);
    const blocks = new MemoryBlocks();
    const world = await World.load(
      new LogStore(blocks, new ManualClock(), {
        mode: "durable",
        flushInterval: 200,
        slack: 0,
        part: 200 + seed * 50,
      }),
    );
    for (let batch = 0; batch < 10; batch++) {
      happen(world, random, 60);
      await world.committed();
    }
    await world.store.close();
    const state = new PlainState();
    await open(blocks).load(state, state);
    assertSame(picture(state), world.picture(), `seed ${seed}`);
  }
});
