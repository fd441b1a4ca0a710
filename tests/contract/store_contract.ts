import assert from "node:assert/strict";
import type { Store } from "../../src/store/mod.ts";
import { assertSame, message, World } from "../store/world.ts";

/** A place for one store, opened as often as a test likes. */
export interface Place {
  /** Opens what is there; the store before was closed. */
  open(): Promise<Store>;
  /** Gives back what the stores do not. */
  dispose(): Promise<void>;
}

/** What differs from one kind of store to the other. */
export interface Kind {
  /** Whether it finds again what was noted. */
  readonly lasts: boolean;
  /** Whether acknowledging has to wait for the disk. */
  readonly holds: boolean;
}

/** Declares the tests that each kind of store has to pass. */
export function storeContract(
  name: string,
  kind: Kind,
  make: () => Promise<Place>,
): void {
  const test = (
    promise: string,
    body: (open: () => Promise<World>) => Promise<void>,
  ) =>
    Deno.test(`store-contract ${name}: ${promise}`, async () => {
      const place = await make();
      let last: World | null = null;
      try {
        await body(async () => {
          await last?.store.close();
          last = null;
          return last = await World.load(await place.open());
        });
      } finally {
        await (last as World | null)?.store.close();
        await place.dispose();
      }
    });
  const empty = { sessions: [], retained: [] };
  /** The picture after a restart, of what was there before. */
  const lasting = (picture: unknown) => kind.lasts ? picture : empty;

  test("a new store is empty", async (open) => {
    assertSame((await open()).picture(), empty);
    assertSame((await open()).picture(), empty);
  });

  test("everything of a session lasts", async (open) => {
    const world = await open();
    everything(world);
    const before = world.picture();
    assertSame((await open()).picture(), lasting(before));
  });

  test("what is over does not come back", async (open) => {
    let world = await open();
    everything(world);
    await world.committed();
    undo(world);
    const before = world.picture();
    assertSame((await open()).picture(), lasting(before));
    world = await open();
    for (const session of [...world.state.sessions]) world.end(session);
    for (const topic of [...world.state.places.keys()]) world.clear(topic);
    assertSame((await open()).picture(), empty);
  });

  test("a batch is committed once, and tasks run in order", async (open) => {
    const world = await open();
    const { store } = world;
    const order: number[] = [];
    const { batch } = store;
    world.begin("b");
    assert.equal(store.committed >= batch, !kind.holds);
    store.onCommitted(batch, () => order.push(1));
    store.onCommitted(batch, () => order.push(2));
    assert.deepEqual(order, kind.holds ? [] : [1, 2]);
    await world.committed();
    assert.deepEqual(order, [1, 2]);
    assert.ok(store.committed >= batch);
    // What is committed already does not wait.
    store.onCommitted(batch, () => order.push(3));
    assert.deepEqual(order, [1, 2, 3]);
  });

  test("a batch of which nothing is left is committed, too", async (open) => {
    const world = await open();
    const session = world.begin("a");
    await world.committed();
    const { writtenToday } = world.store.status;
    const [entry] = world.queue(message("t", "undone"), [session]);
    world.done(entry);
    world.receive(session, 1);
    world.release(session, 1);
    await world.committed();
    assert.deepEqual(world.store.status.writtenToday, writtenToday);
    assert.equal(world.store.status.queuedMessages, 0);
  });

  test("a session without a slot is not stored", async (open) => {
    const world = await open();
    const session = world.begin("a");
    world.store.changes.sessionEnded(session);
    world.queue(message("t", "nobody waits"), [session]);
    world.subscribe(session, "a/b");
    world.receive(session, 1);
    assertSame((await open()).picture(), empty);
  });

  test("closing writes what was noted", async (open) => {
    (await open()).retain(message("t", "late", { retain: true }));
    assert.equal((await open()).state.places.size, kind.lasts ? 1 : 0);
  });
}

/** One of each thing there is to store. */
function everything(world: World): void {
  const first = world.begin("eins", {
    expiryInterval: 0xffffffff,
    identity: { username: "ö" },
    bridge: true,
    will: {
      message: message("will/ü", "gone", { qos: 2, retain: true }),
      delay: 30,
      messageExpiry: 0,
    },
  });
  const second = world.begin("zwei", { detachedAt: 1_700_000_000_123 });
  world.subscribe(first, "a/+", { qos: 2, identifier: 268_435_455 });
  world.subscribe(first, "a/+", { group: "share" });
  world.subscribe(second, "#", { qos: 0 });
  const shared = message("a/b", "for both", {
    qos: 2,
    retain: true,
    expiresAt: 1_800_000_000_000,
    publisher: "drei",
    properties: Uint8Array.of(3, 0, 1, 65),
  });
  world.queue(shared, [first, second], { qos: 2, identifiers: [1, 1, 300] });
  const [sent] = world.queue(message("a/c", "sent"), [first]);
  world.send(sent, 7);
  const [half] = world.queue(message("a/d", "half"), [first], { qos: 2 });
  world.send(half, 65535);
  world.pubrec(half);
  world.queue(message("a/e", "in a group"), [second], {
    group: { name: "g", filter: "a/+" },
  });
  world.queue(message("a/f", ""), [second]);
  for (const id of [1, 2, 65535]) world.receive(first, id);
  world.retain(message("r/1", "kept", { retain: true, qos: 1 }));
  world.retain(message("r/2", "old", { retain: true }));
  world.retain(message("r/2", "new", { retain: true }));
  // Longer than a block, so that it is spread over many.
  const long = new Uint8Array(300_000).fill(77);
  world.retain(message("r/long", long, { retain: true }));
  world.queue(message("a/long", long), [first, second]);
}

/** Takes back a part of it. */
function undo(world: World): void {
  const [first, second] = world.state.sessions;
  if (second === undefined) return;
  world.unsubscribe(first, "a/+", "share");
  world.subscribe(first, "a/+", { qos: 0 });
  world.done(first.entries[0]);
  world.done(first.entries.at(-1)!);
  world.pubrec(first.entries[0]);
  world.release(first, 2);
  world.change(first, { will: null, bridge: false, detachedAt: 5 });
  world.clear("r/1");
  world.clear("r/long");
  world.end(second);
}
