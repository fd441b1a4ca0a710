import assert from "node:assert/strict";
import { LogStore } from "../../src/store/log/log_store.ts";
import { NoteList } from "../../src/store/notes/note_list.ts";
import { Pending } from "../../src/store/notes/pending.ts";
import { PlainState } from "../../src/store/plain_state.ts";
import { Waiters } from "../../src/store/notes/waiters.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { FaultyBlocks, settle } from "./faulty_blocks.ts";
import { assertSame, message, World } from "./world.ts";

/** So many notes may stand in a list although they are over. */
const SLACK = 20_000;

async function start(blocks = new FaultyBlocks(), unwritable?: Error) {
  const clock = new ManualClock();
  const store = new LogStore(blocks, clock, {
    mode: "durable",
    flushInterval: 200,
    unwritable,
  });
  return { blocks, clock, world: await World.load(store) };
}

/** A world whose commits fail, with one batch that is tried again. */
async function stuck() {
  const setting = await start();
  setting.world.begin("first");
  await setting.world.committed();
  setting.blocks.fault = new Error("disk is full");
  setting.world.begin("second");
  setting.clock.advance(200);
  await settle();
  assert.ok(setting.world.store.isStuck);
  return setting;
}

type Setting = Awaited<ReturnType<typeof stuck>>;

/** What comes and goes must not stay in the notes; all is written at last. */
async function comesAndGoes(
  setting: Setting,
  once: (world: World, at: number) => void,
): Promise<void> {
  const { blocks, clock, world } = setting;
  for (let at = 0; at < 100_000; at++) once(world, at);
  const { unwritten } = world.store.status;
  assert.ok(unwritten < SLACK, `${unwritten} notes are kept`);
  blocks.fault = null;
  clock.advance(5000);
  await settle();
  await world.committed();
  assert.equal(world.store.isStuck, false);
  assert.equal(world.store.status.unwritten, 0);
  const before = world.picture();
  await world.store.close();
  assertSame((await start(blocks)).world.picture(), before);
}

Deno.test("100,000 sessions that come and go while commits fail leave nothing behind", async () => {
  const setting = await stuck();
  await comesAndGoes(setting, (world, at) => {
    const session = world.begin(`s${at}`);
    world.subscribe(session, "a/b");
    world.receive(session, 1);
    world.queue(message("a/b", "x"), [session]);
    world.end(session);
  });
});

Deno.test("100,000 topics retained and cleared while commits fail leave nothing behind", async () => {
  const setting = await stuck();
  await comesAndGoes(setting, (world, at) => {
    world.retain(message(`t/${at}`, "x", { retain: true }));
    world.clear(`t/${at}`);
  });
});

Deno.test("a subscription made 100,000 times while commits fail is noted once", async () => {
  const setting = await stuck();
  const session = setting.world.begin("third");
  await comesAndGoes(setting, (world) => world.subscribe(session, "a/b"));
});

Deno.test("a packet id received 200,000 times while commits fail is noted a bounded number of times", async () => {
  const setting = await stuck();
  const { world } = setting;
  const session = world.begin("third");
  await comesAndGoes(setting, () => {
    world.receive(session, 7);
    world.release(session, 7);
    assert.ok(session.slot!.touchedIds!.length <= 131_072);
  });
});

Deno.test("a topic cleared and forgotten while commits fail is noted when it is retained again", async () => {
  const setting = await stuck();
  const { world } = setting;
  const state = world.state;
  world.retain(message("again", "x", { retain: true }));
  const place = state.places.get("again")!;
  world.clear("again");
  await comesAndGoes(setting, (_, at) => {
    world.retain(message(`t/${at}`, "x", { retain: true }));
    world.clear(`t/${at}`);
    if (at !== 99_999) return;
    assert.equal(place.block, 0, "its note is dropped");
    place.message = message("again", "y", { retain: true });
    state.places.set("again", place);
    world.store.changes.retained(place);
  });
});

for (const part of ["packet ids", "received ids", "retained messages"]) {
  Deno.test(`${part} that cannot be encoded hold up commits and are tried again: nothing is lost, and nothing said to be stored before`, async () => {
    const { blocks, clock, world } = await start();
    const { store, state } = world;
    const first = world.begin("first");
    world.subscribe(first, "a/b");
    world.retain(message("kept", "x", { retain: true }));
    await world.committed();
    const ended = world.begin("ended");
    await world.committed();
    world.end(ended);
    world.unsubscribe(first, "a/b");
    world.subscribe(first, "c");
    world.retain(message("kept", "y", { retain: true }));
    world.retain(message("broken", "z", { retain: true }));
    const broken = world.begin("broken");
    world.receive(broken, 7);
    world.queue(message("a/b", "x"), [first]);
    let throws = true;
    const breaking = <T>(value: T) => ({
      get: () => {
        if (throws) throw new Error("not now");
        return value;
      },
    });
    if (part === "packet ids") {
      Object.defineProperty(broken, "packetIds", breaking(null));
    } else if (part === "received ids") {
      Object.defineProperty(broken, "received", breaking(broken.received));
    } else {
      const place = state.places.get("broken")!;
      Object.defineProperty(place, "message", breaking(place.message));
    }
    let isStored = false;
    store.onStored(store.batch, () => isStored = true);
    for (let tries = 0; tries < 5; tries++) {
      clock.advance(5000);
      await settle();
      assert.deepEqual([store.isStuck, isStored], [true, false]);
    }
    assert.equal(store.status.reason, "not now");
    throws = false;
    clock.advance(5000);
    await settle();
    assert.deepEqual([store.isStuck, isStored], [false, true]);
    assert.equal(store.status.unwritten, 0);
    const { status } = store;
    const before = world.picture();
    await store.close();
    const again = await start(blocks);
    assertSame(again.world.picture(), before);
    // The accounts of what is live agree with what is read.
    const { sessions, retainedBytes, queuedMessages } =
      again.world.store.status;
    assert.deepEqual(
      [status.sessions, status.retainedBytes, status.queuedMessages],
      [sessions, retainedBytes, queuedMessages],
    );
  });
}

Deno.test("a store that is closed while a session cannot be encoded says so, and is closed", async () => {
  const { world } = await start();
  const broken = world.begin("broken");
  Object.defineProperty(broken, "packetIds", {
    get: () => {
      throw new Error("no ids");
    },
  });
  await assert.rejects(world.store.close(), /could not be written.*no ids/);
});

Deno.test("what is dropped from the notes is told once, and stands there no more", () => {
  const dropped: number[] = [];
  const list = new NoteList<number>((note) => note % 2 === 0, (note) => {
    dropped.push(note);
  });
  for (let note = 0; note < 1024; note++) list.add(note);
  assert.equal(list.notes.length, 512);
  assert.ok(list.notes.every((note) => note % 2 === 1));
  assert.equal(new Set(dropped).size, 512);
  assert.equal(dropped.length, 512);
});

Deno.test("no topic that was cleared stands in the notes with another mark than theirs", async () => {
  const { world, blocks } = await stuck();
  const places = [];
  for (let at = 0; at < 20_000; at++) {
    world.retain(message(`t/${at}`, "x", { retain: true }));
    places.push(world.state.places.get(`t/${at}`)!);
    world.clear(`t/${at}`);
  }
  const marks = places.map((place) => place.block);
  const noted = marks.filter((block) => block === -1).length;
  assert.equal(marks.filter((block) => block === 0).length, 20_000 - noted);
  assert.equal(world.store.status.unwritten, noted + 1, "and the session");
  blocks.fault = null;
  await world.store.close();
});

Deno.test("what was never noted does not make a batch less full", () => {
  let fulls = 0;
  const pending = new Pending({ next: 1 }, {
    begun() {},
    full: () => fulls++,
    heavy() {},
  });
  const world = new World(
    { changes: pending } as unknown as World["store"],
    new PlainState(),
  );
  for (let at = 0; at < 8191; at++) world.begin(`s${at}`);
  const unstored = world.begin("x");
  unstored.slot = null;
  fulls = 0;
  pending.count = 8191;
  const entries = world.queue(message("t", "x"), [unstored]);
  for (const entry of entries) world.done(entry);
  world.begin("one more");
  assert.equal(fulls, 1);
});

Deno.test("commits that work are not stuck, however short space is", async () => {
  const blocks = new FaultyBlocks();
  const store = new LogStore(blocks, new ManualClock(), {
    mode: "durable",
    flushInterval: 200,
    space: { room: Infinity, shortage: () => "the disk has 1 byte left" },
  });
  const world = await World.load(store);
  assert.equal(store.health, "full", "it is known from the start");
  world.begin("a");
  await world.committed();
  assert.equal(store.isStuck, false);
  await store.close();
});

Deno.test("a commit that has not ended for 10 s counts as failing until it ends", async () => {
  const { blocks, clock, world } = await start();
  const { store } = world;
  blocks.slow = true;
  world.begin("a");
  let isStored = false;
  store.onStored(store.batch, () => isStored = true);
  clock.advance(200);
  await settle();
  clock.advance(9_999);
  await settle();
  assert.deepEqual([store.isStuck, store.health], [false, "ok"]);
  clock.advance(1);
  await settle();
  assert.deepEqual([store.isStuck, store.health], [true, "failing"]);
  assert.equal(store.status.commitAge, 10_000);
  assert.match(store.status.reason!, /has not ended for 10 s/);
  clock.advance(100_000);
  await settle();
  assert.deepEqual([blocks.tries, isStored], [1, false], "it is not repeated");
  blocks.go();
  await settle();
  assert.deepEqual([store.isStuck, store.health], [false, "ok"]);
  assert.equal(isStored, true);
  // The next one is watched as well.
  world.begin("b");
  clock.advance(200);
  await settle();
  clock.advance(10_000);
  await settle();
  assert.equal(store.isStuck, true);
  blocks.slow = false;
  blocks.go();
  await settle();
  await store.close();
});

Deno.test("commits that take 6 s each are not stuck", async () => {
  const { blocks, clock, world } = await start();
  const { store } = world;
  blocks.slow = true;
  for (let count = 0; count < 5; count++) {
    world.begin(`s${count}`);
    clock.advance(200);
    await settle();
    clock.advance(6000);
    await settle();
    assert.equal(store.isStuck, false);
    blocks.go();
    await settle();
  }
  blocks.slow = false;
  await store.close();
});

Deno.test("waiters run by batch and in the order of adding, but those forgotten", () => {
  const waiters = new Waiters();
  const ran: string[] = [];
  const task = (name: string) => () => void ran.push(name);
  const forgotten = task("forgotten");
  waiters.add(5, task("5a"));
  waiters.add(3, task("3a"));
  waiters.add(5, task("5b"));
  waiters.add(4, forgotten);
  waiters.add(3, task("3b"));
  waiters.add(5, forgotten);
  waiters.forget(forgotten);
  waiters.run(2);
  assert.deepEqual(ran, []);
  waiters.run(4);
  assert.deepEqual(ran, ["3a", "3b"]);
  assert.equal(waiters.any, true);
  waiters.run(5);
  assert.deepEqual(ran, ["3a", "3b", "5a", "5b"]);
  assert.equal(waiters.any, false);
  waiters.add(6, forgotten);
  waiters.forget(forgotten);
  assert.equal(waiters.any, false);
});

Deno.test("an entry is on disk once its batch is, not when it is encoded", async () => {
  const { blocks, clock, world } = await stuck();
  const { store } = world;
  const [session] = world.state.sessions;
  const [entry] = world.queue(message("t", "x"), [session], { qos: 2 });
  blocks.fault = null;
  clock.advance(5000);
  await settle();
  blocks.slow = true;
  clock.advance(5000);
  await settle();
  assert.notEqual(entry.number, 0, "it is being written");
  assert.equal(store.isStored(entry), false);
  blocks.go();
  await settle();
  assert.equal(store.isStored(entry), true);
  world.send(entry, 5);
  assert.equal(store.isStored(entry), false, "its packet id is not written");
  blocks.slow = false;
  await store.close();
});

Deno.test("a received id is on disk from the commit on, and may be until the commit of its release", async () => {
  const { blocks, world } = await start();
  const { store } = world;
  const session = world.begin("a");
  await world.committed();
  const slot = session.slot!;
  const states = () => [
    slot.hasReceived(7, store.stored),
    slot.mayReceive(7, store.stored),
  ];
  assert.deepEqual(states(), [false, false]);
  blocks.slow = true;
  world.receive(session, 7);
  world.receive(session, 8);
  const received = world.committed();
  await settle();
  assert.deepEqual(states(), [false, true]);
  blocks.go();
  await received;
  assert.deepEqual(states(), [true, true]);
  world.release(session, 7);
  const released = world.committed();
  await settle();
  assert.deepEqual(states(), [false, true], "encoded, not on disk");
  blocks.go();
  await released;
  assert.deepEqual(states(), [false, false]);
  // The last one takes the whole record off.
  world.release(session, 8);
  const last = world.committed();
  await settle();
  assert.equal(slot.mayReceive(8, store.stored), true);
  blocks.go();
  await last;
  assert.equal(slot.mayReceive(8, store.stored), false);
  blocks.slow = false;
  await store.close();
});

Deno.test("a store that cannot be written at its start says so, and is tried without a change", async () => {
  const blocks = new FaultyBlocks();
  blocks.fault = new Error("database or disk is full");
  const { clock, world } = await start(blocks, blocks.fault);
  assert.equal(world.store.health, "full");
  assert.equal(world.store.isStuck, true);
  blocks.fault = null;
  clock.advance(5000);
  await settle();
  assert.equal(world.store.health, "ok");
  await world.store.close();
});
