import assert from "node:assert/strict";
import type { ClientRow } from "../../src/broker/lists/clients/client_row.ts";
import {
  deleteSession,
  kick,
  storedSoon,
} from "../../src/broker/lists/clients/client_actions.ts";
import { RecentEnds } from "../../src/broker/lists/clients/recent_ends.ts";
import type { LevelRow } from "../../src/broker/lists/retained/retained_list.ts";
import { Kept } from "../../src/broker/lists/walk/kept.ts";
import { AdminRefusal } from "../../src/admin/protocol/mod.ts";
import {
  type Budget,
  TURN_UNITS,
  type Walk,
  Walks,
} from "../../src/broker/lists/walk/walks.ts";
import { clientWalk } from "../../src/broker/lists/clients/client_list.ts";
import type { Changes, Store } from "../../src/store/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { property } from "../support/bytes.ts";
import { ListedSessions } from "./listed_sessions.ts";

/** An answer, read. */
interface Answer<Row> {
  readonly takenAt: string;
  readonly rows: readonly Row[];
  readonly next: string | null;
  readonly continue: string | null;
}

const read = async <Row>(text: Promise<string>): Promise<Answer<Row>> =>
  JSON.parse(await text);

function test(
  name: string,
  body: (world: ListedSessions) => Promise<void>,
): void {
  Deno.test(name, async () => {
    const world = new ListedSessions();
    try {
      await body(world);
    } finally {
      world.stop();
    }
  });
}

/** Rejects with a `AdminRefusal` of this status and code. */
async function refused(
  task: () => unknown,
  status: number,
  code: string,
): Promise<string> {
  try {
    await task();
  } catch (error) {
    assert.ok(error instanceof AdminRefusal, String(error));
    assert.deepEqual([error.status, error.code], [status, code]);
    return error.message;
  }
  assert.fail("not refused");
}

test("a row of a client has exactly what was sent", async (world) => {
  const pump = await world.connect(5, {
    clientId: "pump",
    username: "ann",
    keepAlive: 40,
    properties: [property.sessionExpiry(600)],
  }, "192.0.2.7");
  const meter = await world.connect(4, "meter", "2001:db8::1");
  await pump.subscribe([["a/#", 1], ["b", 0]]);
  await meter.publish({ topic: "a/1", payload: "12345", qos: 0 });
  await meter.publish({ topic: "a/2", payload: "1", qos: 1, id: 7 });
  await meter.expectAck(4, 7);
  const sent = await pump.receiveAll();
  assert.deepEqual(sent.map(({ type }) => type), [3, 3]);
  world.clock.advance(5000);

  const { rows, takenAt, next } = await read<ClientRow>(
    world.lists.clients({}),
  );
  assert.equal(takenAt, "2026-07-01T00:00:05.000Z");
  assert.equal(next, null);
  assert.deepEqual(rows.map(({ id }) => id), ["meter", "pump"]);
  const [from, to] = rows;
  const bytes = sent.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const session = world.registry.get("pump")!;
  assert.deepEqual(to, {
    id: "pump",
    state: "connected",
    user: "ann",
    address: "192.0.2.7",
    port: 1,
    protocol: "tcp",
    version: "5.0",
    listener: "tcp",
    certificate: null,
    connectedSince: "2026-07-01T00:00:00.000Z",
    awaySince: null,
    keepAlive: 40,
    expiry: 600,
    subscriptions: 2,
    inflight: 1,
    backlog: 0,
    backlogBytes: 0,
    outboundBytes: 0,
    bytesReceived: to.bytesReceived,
    // CONNACK, SUBACK, and both messages.
    bytesSent: session.connection!.sender.outbox.bytesSent,
    messagesReceived: 0,
    messagesSent: 2,
    dropped: 0,
    drops: [],
    lastEnds: [],
  });
  assert.ok(to.bytesSent > bytes && to.bytesReceived > 0);
  assert.deepEqual(
    [from.messagesReceived, from.messagesSent, from.version, from.address],
    [2, 0, "3.1.1", "2001:db8::1"],
  );
  // All bytes of the broker belong to one of the two.
  const { counters } = world.context;
  assert.equal(from.bytesSent + to.bytesSent, counters.bytesSent);
  assert.equal(from.bytesReceived + to.bytesReceived, counters.bytesReceived);
});

test("a client that is away: what waits, what was dropped, why it left", async (world) => {
  const { lists, clock } = world;
  const pump = await world.connect(5, {
    clientId: "pump",
    properties: [property.sessionExpiry(600)],
  }, "192.0.2.7");
  await pump.subscribe([["a", 1]]);
  await pump.drop();
  const meter = await world.connect(5, "meter");
  await meter.publish({ topic: "a", payload: "12345", qos: 1 });
  await meter.publish({ topic: "a", payload: "12", qos: 0 });
  clock.advance(60_000);
  const { rows } = await read<ClientRow>(lists.clients({ away: true }));
  assert.equal(rows.length, 1);
  const [row] = rows;
  assert.deepEqual(
    [row.state, row.address, row.awaySince, row.connectedSince],
    ["away", "192.0.2.7", "2026-07-01T00:00:00.000Z", null],
  );
  assert.deepEqual([row.backlog, row.backlogBytes], [1, 6]);
  assert.deepEqual(
    [row.dropped, row.drops],
    [1, [{ reason: "detached-qos0", count: 1 }]],
  );
  assert.deepEqual(row.lastEnds, [{
    at: "2026-07-01T00:00:00.000Z",
    reason: "client-closed",
    address: "192.0.2.7",
  }]);
  const detail = lists.client("pump");
  assert.equal(detail.expiresAt, "2026-07-01T00:10:00.000Z");
  assert.deepEqual(detail.notDelivered, [{
    reason: "detached-qos0",
    count: 1,
    lastAt: "2026-07-01T00:00:00.000Z",
    lastTopic: "a",
  }]);
  assert.deepEqual(detail.subscribed.map(({ filter }) => filter), ["a"]);
});

test("filters: id, user, address, network, topic, backlog, drops, away", async (world) => {
  const { lists } = world;
  const keep = { properties: [property.sessionExpiry(600)] };
  const one = await world.connect(
    5,
    { clientId: "one", username: "ann", ...keep },
    "192.0.2.1",
  );
  const two = await world.connect(
    5,
    { clientId: "two", username: "bob", ...keep },
    "192.0.2.2",
  );
  const three = await world.connect(
    5,
    { clientId: "three", username: "ann", ...keep },
    "2001:db8::3",
  );
  await one.subscribe([["t/+", 1], ["t/#", 1]]);
  await two.subscribe([["$share/g/t/x", 1]]);
  await three.subscribe([["u", 1]]);
  await two.drop();
  await three.drop();
  await one.publish({ topic: "u", payload: "1", qos: 1 });
  await one.publish({ topic: "u", payload: "1", qos: 0 });
  const ids = async (query: object) => {
    const { rows } = await read<ClientRow>(lists.clients(query));
    return rows.map(({ id }) => id).join();
  };
  assert.equal(await ids({ id: "one" }), "one");
  assert.equal(await ids({ id: "on" }), "");
  assert.equal(await ids({ contains: "o" }), "one,two");
  assert.equal(await ids({ contains: "2001:" }), "three");
  assert.equal(await ids({ user: "ann" }), "one,three");
  assert.equal(await ids({ address: "192.0.2.1" }), "one");
  assert.equal(await ids({ address: "2001:0db8::0003" }), "three");
  assert.equal(await ids({ address: "192.0.2.0/24" }), "one,two");
  assert.equal(await ids({ topic: "t/x" }), "one,two");
  assert.equal(await ids({ topic: "t/y" }), "one");
  assert.equal(await ids({ topic: "t/x", id: "two" }), "two");
  assert.equal(await ids({ backlog: true }), "three");
  assert.equal(await ids({ backlog: false }), "one,two");
  assert.equal(await ids({ drops: true }), "three");
  assert.equal(await ids({ away: true, user: "bob" }), "two");
  assert.equal(await ids({ away: false }), "one");
  assert.equal(await ids({ listener: "tcp" }), "one,three,two");
  assert.equal(await ids({ listener: "other" }), "");
  await refused(() => ids({ address: "10.0.0.1/8" }), 400, "invalid-request");
  await refused(() => ids({ topic: "t/#" }), 400, "invalid-request");
});

test("every column sorts, both ways, page by page", async (world) => {
  const { lists, registry } = world;
  for (let i = 0; i < 25; i++) {
    const session = registry.create(`client-${i}`);
    session.expiryInterval = i % 7;
    for (let n = i % 5; n > 0; n--) {
      world.context.router.subscribe(session, `t/${n}`, null, {
        ...{ qos: 0, noLocal: false, retainAsPublished: false },
        ...{ retainHandling: 0, identifier: 0 },
      });
    }
  }
  const { rows: [row] } = await read<ClientRow>(lists.clients({ limit: 1 }));
  const sortable = Object.keys(row).filter((name) =>
    !["port", "protocol", "drops", "lastEnds"].includes(name)
  );
  for (const column of sortable) {
    for (const sort of [column, `-${column}`]) {
      const found: ClientRow[] = [];
      let after: string | undefined;
      for (let page = 0; page < 9; page++) {
        const { rows, next } = await read<ClientRow>(
          lists.clients({ sort, limit: 3, after }),
        );
        found.push(...rows);
        after = next ?? undefined;
      }
      assert.equal(after, undefined, sort);
      assert.equal(new Set(found.map(({ id }) => id)).size, 25, sort);
      const keys = found.map((one) => one[column as keyof ClientRow]);
      for (let i = 1; i < keys.length; i++) {
        const [a, b] = sort === column
          ? [keys[i - 1], keys[i]]
          : [keys[i], keys[i - 1]];
        assert.ok(a === null || b === null || a <= b, `${sort}: ${a}, ${b}`);
      }
    }
  }
  const wrong = await refused(
    () => lists.clients({ sort: "colour" }),
    400,
    "invalid-request",
  );
  assert.match(wrong, /sort must be one of id, .*, not "colour"/);
  const { next } = await read(lists.clients({ sort: "expiry", limit: 3 }));
  for (const after of [next!, "x", "bnVsbA"]) {
    await refused(() => lists.clients({ after }), 400, "invalid-request");
  }
  for (const limit of [0, 1001, 1.5]) {
    await refused(() => lists.clients({ limit }), 400, "invalid-request");
  }
});

test("kick ends the connection with 0x98, and leaves the session", async (world) => {
  const { lists, registry } = world;
  const pump = await world.connect(5, {
    clientId: "pump",
    properties: [property.sessionExpiry(600)],
  });
  kick(registry, "pump", "calibration is due");
  const packet = await pump.receive();
  assert.deepEqual([packet.type, packet.code], [14, 0x98]);
  assert.ok(
    new TextDecoder().decode(packet.bytes).includes("calibration is due"),
  );
  await pump.expectClosed();
  assert.equal(registry.get("pump")!.state, "detached");
  assert.deepEqual(
    lists.client("pump").lastEnds.map(({ reason }) => reason),
    ["administrative-action"],
  );
  await refused(() => kick(registry, "pump"), 409, "not-connected");
  await refused(() => kick(registry, "nobody"), 404, "no-such-client");
});

test("deleting a session ends it, connected or away", async (world) => {
  const { registry, context } = world;
  for (const isAway of [false, true]) {
    const pump = await world.connect(5, {
      clientId: "pump",
      properties: [property.sessionExpiry(600)],
    });
    await pump.subscribe([["a", 1]]);
    if (isAway) await pump.drop();
    deleteSession(registry, "pump");
    assert.equal(await storedSoon(context), true);
    if (!isAway) await pump.expectDisconnect(0x98);
    assert.equal(registry.get("pump"), undefined);
    assert.equal(context.router.subscriptionCount, 0);
  }
  await refused(() => deleteSession(registry, "pump"), 404, "no-such-client");
});

test("an action is done when the disk has it, and says so when that takes long", async ({ context, clock }) => {
  const { durability } = context;
  const waiting = new Map<() => void, number>();
  let isHurried = false;
  durability.use(
    {
      batch: 7,
      onStored: (batch: number, task: () => void) => waiting.set(task, batch),
      forget: (task: () => void) => waiting.delete(task),
      writeSoon: () => {
        isHurried = true;
      },
    } as unknown as Store,
    false,
  );
  durability.changes = {} as Changes;
  const stored = storedSoon(context);
  assert.deepEqual([[...waiting.values()], isHurried], [[7], true]);
  clock.advance(4999);
  for (const task of waiting.keys()) task();
  assert.equal(await stored, true);
  waiting.clear();
  const late = storedSoon(context);
  clock.advance(5000);
  assert.equal(await late, false);
  assert.equal(waiting.size, 0);
  durability.changes = null;
});

test("subscriptions by client and by topic, shared groups with members", async (world) => {
  const { lists } = world;
  const one = await world.connect(5, "one");
  const two = await world.connect(5, "two");
  await one.subscribe([["t/+", 2], ["$share/g/t/#", 1], ["u", 0]]);
  await two.subscribe([["$share/g/t/#", 0], ["$share/h/u", 1]]);
  const rows = async (text: Promise<string>) => (await read(text)).rows;
  const filters = async (query: object) =>
    (await rows(lists.subscriptions(query)) as { filter: string }[])
      .map(({ filter }) => filter).join();
  assert.equal(await filters({ client: "one" }), "$share/g/t/#,t/+,u");
  assert.equal(
    await filters({ topic: "t/1", sort: "filter" }),
    "$share/g/t/#,$share/g/t/#,t/+",
  );
  assert.equal(await filters({ topic: "t/1", client: "two" }), "$share/g/t/#");
  assert.equal(await filters({ shared: false }), "t/+,u");
  assert.equal(await filters({ contains: "u" }), "u,$share/h/u");
  assert.deepEqual(await rows(lists.groups({})), [
    { name: "g", filter: "t/#", members: 2 },
    { name: "h", filter: "u", members: 1 },
  ]);
  assert.deepEqual(
    await rows(lists.groups({ limit: 1, sort: "-members" })),
    [{ name: "g", filter: "t/#", members: 2 }],
  );
  // A group is found at each member, and all of its rows are one.
  assert.equal((await read(lists.groups({ limit: 2 }))).next, null);
  const members = { name: "g", filter: "t/#" };
  assert.deepEqual(await rows(lists.members(members)), [
    { client: "one", connected: true, qos: 1, backlog: 0, inflight: 0 },
    { client: "two", connected: true, qos: 0, backlog: 0, inflight: 0 },
  ]);
  await refused(
    () => lists.members({ name: "x", filter: "t/#" }),
    404,
    "no-such-group",
  );
});

test("retained messages: levels, search, one, removal", async (world) => {
  const { lists, context } = world;
  const pump = await world.connect(5, "pump");
  const retain = (topic: string, payload: string | Uint8Array) =>
    pump.publish({ topic, payload, retain: true });
  await retain("a/b/c", "1");
  await retain("a/b", "22");
  await retain("a//x", Uint8Array.of(0xff, 0));
  await retain("z", `a${"é".repeat(200)}`);
  const levels = async (path?: string) => {
    const { rows } = await read<LevelRow>(lists.levels({ path }));
    return rows.map(({ path, children, message }) =>
      `${path} ${children} ${message?.bytes ?? "-"}`
    );
  };
  assert.deepEqual(await levels(), ["a 2 -", "z 0 401"]);
  assert.deepEqual(await levels("a"), ["a/ 1 -", "a/b 1 2"]);
  assert.deepEqual(await levels("a/"), ["a//x 0 2"]);
  assert.deepEqual(await levels("nothing"), []);

  const first = await read<{ topic: string }>(
    lists.search({ filter: "a/#", limit: 2 }),
  );
  assert.equal(first.rows.length, 2);
  const second = await read<{ topic: string }>(
    lists.search({ next: first.next! }),
  );
  assert.equal(second.next, null);
  assert.deepEqual(
    [...first.rows, ...second.rows].map(({ topic }) => topic).sort(),
    ["a//x", "a/b", "a/b/c"],
  );
  await refused(
    () => lists.search({ next: first.next! }),
    410,
    "token-expired",
  );
  await refused(
    () => lists.search({ filter: "a/#/b" }),
    400,
    "invalid-request",
  );
  const some = await read<{ topic: string }>(
    lists.search({ filter: "#", contains: "/b" }),
  );
  assert.equal(some.rows.length, 2);

  assert.deepEqual(lists.retained("a//x"), {
    topic: "a//x",
    bytes: 2,
    qos: 0,
    publisher: "pump",
    expiresAt: null,
    properties: {},
    encoding: "base64",
    payload: "/wA=",
    isCut: false,
  });
  const { rows } = await read<{ isCut: boolean; payload: string }>(
    lists.search({ filter: "z" }),
  );
  assert.deepEqual([rows[0].isCut, rows[0].payload], [
    true,
    `a${"é".repeat(127)}`,
  ]);

  assert.equal(await lists.deleteRetained("a/b"), true);
  assert.equal(context.router.retained.has("a/b"), false);
  await refused(() => lists.deleteRetained("a/b"), 404, "no-such-message");
  await refused(() => lists.retained("a/b"), 404, "no-such-message");
  await refused(() => lists.deleteRetained("$SYS/x"), 400, "invalid-request");
});

test("a bulk deletion counts first, and removes what was counted alone", async (world) => {
  const { lists, context: { router: { retained } } } = world;
  const pump = await world.connect(5, "pump");
  const retain = (topic: string, payload: string) =>
    pump.publish({ topic, payload, retain: true });
  for (const topic of ["a/1", "a/2", "a/3", "b"]) await retain(topic, "x");
  const counted = await lists.count({ filter: "a/#" });
  assert.deepEqual([counted.count, counted.bytes], [3, 12]);
  // Two steps, in which clients go on.
  await retain("a/2", "new");
  await retain("a/3", "");
  await retain("a/4", "x");
  const answer = await lists.deleteCounted({ token: counted.token! });
  assert.deepEqual(answer, {
    deleted: 1,
    changed: 2,
    stored: true,
    continue: null,
  });
  const left = ["a/1", "a/2", "a/3", "a/4", "b"].filter((topic) =>
    retained.has(topic)
  );
  assert.deepEqual(left, ["a/2", "a/4", "b"]);
  const used = { token: counted.token! };
  await refused(() => lists.deleteCounted(used), 410, "token-expired");
  const another = await lists.count({ filter: "#" });
  world.clock.advance(60_000);
  const late = { token: another.token! };
  await refused(() => lists.deleteCounted(late), 410, "token-expired");
});

test("one walk at a time, eight wait, the next is refused; tokens stay good", async (world) => {
  const { lists } = world;
  const pump = await world.connect(5, "pump");
  for (const topic of ["a", "b"]) {
    await pump.publish({ topic, payload: "x", retain: true });
  }
  const { next } = await read(lists.search({ filter: "#", limit: 1 }));
  const under = Array.from({ length: 9 }, () => lists.clients({}));
  await refused(() => lists.clients({}), 503, "busy");
  await refused(() => lists.search({ next: next! }), 503, "busy");
  await Promise.all(under);
  const { rows } = await read(lists.search({ next: next! }));
  assert.equal(rows.length, 1);
});

/** A walk of some units a turn, which takes time. */
class SlowWalk implements Walk {
  turns = 0;
  constructor(readonly clock: ManualClock, readonly most: number) {}

  go(budget: Budget): boolean {
    assert.equal(budget.left, TURN_UNITS);
    this.clock.work(100);
    return ++this.turns < this.most;
  }
}

Deno.test("a walk pauses after a second of work, and goes on when it runs again", async () => {
  const clock = new ManualClock();
  const turns = {
    inTurns(task: () => boolean) {
      const turn = () => {
        // Work of others between two turns does not count.
        clock.work(5000);
        if (task()) clock.soon(turn);
      };
      clock.soon(turn);
    },
  };
  const walks = new Walks(turns, clock);
  const walk = new SlowWalk(clock, 15);
  const broken: Walk = {
    go: () => {
      throw new RangeError("broken");
    },
  };
  const [isDone, failure, after] = await Promise.allSettled([
    walks.run(walk),
    walks.run(broken),
    walks.run(new SlowWalk(clock, 2)),
  ]);
  assert.deepEqual(isDone, { status: "fulfilled", value: false });
  assert.equal(walk.turns, 10);
  assert.equal(failure.status, "rejected");
  assert.deepEqual(after, { status: "fulfilled", value: true });
  assert.equal(await walks.run(walk), true);
  assert.equal(walk.turns, 15);
});

Deno.test("20,000 sessions: no turn does more than its units of work, whatever the sort", () => {
  const world = new ListedSessions();
  const { registry } = world;
  try {
    const many = 20_000;
    for (let i = 0; i < many; i++) {
      // Descending: each session comes before all that were visited.
      registry.create(`c${String(many - i).padStart(6, "0")}`);
    }
    const sources = { dateOf: String, typeOf: () => null, endsOf: () => [] };
    for (const query of [{}, { contains: "zz" }, { address: "10.0.0.0/8" }]) {
      const walk = clientWalk(registry, { ...query, limit: 1000 }, sources);
      let longest = 0;
      for (let isLeft = true; isLeft;) {
        const budget = { left: TURN_UNITS };
        isLeft = walk.go(budget);
        longest = Math.max(longest, TURN_UNITS - budget.left);
      }
      assert.equal(walk.visited, many);
      // The last step of a turn may cost some units more.
      assert.ok(longest <= TURN_UNITS + 16, String(longest));
    }
    const one = clientWalk(registry, { id: "c000007" }, sources);
    while (one.go({ left: TURN_UNITS }));
    assert.deepEqual([one.visited, one.page.rows.length], [1, 1]);
  } finally {
    world.stop();
  }
});

Deno.test("a page ends at 256 Ki characters, and the next goes on there", async () => {
  const world = new ListedSessions();
  try {
    for (let i = 0; i < 40; i++) {
      world.registry.create(String(i).padStart(2, "0") + "x".repeat(20_000));
    }
    const found: string[] = [];
    let after: string | undefined;
    let pages = 0;
    do {
      const text = await world.lists.clients({ limit: 1000, after });
      assert.ok(text.length < 300 * 1024, String(text.length));
      const { rows, next } = JSON.parse(text) as Answer<ClientRow>;
      found.push(...rows.map(({ id }) => id.slice(0, 2)));
      after = next ?? undefined;
      pages++;
    } while (after !== undefined);
    assert.equal(pages, 4);
    assert.equal(found.length, 40);
    assert.deepEqual(found, [...found].sort());
  } finally {
    world.stop();
  }
});

Deno.test("tokens are kept for a minute, eight at most, and used once", () => {
  const clock = new ManualClock();
  const kept = new Kept<number>(clock, Math.random);
  const tokens = Array.from({ length: 9 }, (_, i) => kept.keep(i));
  assert.equal(new Set(tokens).size, 9);
  assert.equal(kept.size, 8);
  assert.throws(() => kept.take(tokens[0]), { code: "token-expired" });
  assert.equal(kept.take(tokens[1]), 1);
  assert.throws(() => kept.take(tokens[1]), { code: "token-expired" });
  clock.advance(59_999);
  assert.equal(kept.take(tokens[2]), 2);
  clock.advance(1);
  assert.equal(kept.size, 0);
});

Deno.test("ends of connections are remembered by client, the oldest forgotten", () => {
  const ends = new RecentEnds(4);
  const note = (client: string, at: number) =>
    ends.note(client, { at, reason: "broken", address: "192.0.2.1" });
  const times = (client: string, most = 9) =>
    ends.of(client, most).map(({ at }) => at);
  note("a", 1);
  note("a", 2);
  note("b", 3);
  assert.deepEqual([times("a"), times("b"), times("c")], [[2, 1], [3], []]);
  note("a", 4);
  note("c", 5);
  // The end at 1 has left its place to the one at 5.
  assert.deepEqual([times("a"), times("a", 1)], [[4, 2], [4]]);
  for (let at = 6; at < 10; at++) note("d", at);
  assert.deepEqual([times("a"), times("c"), times("d")], [[], [], [
    9,
    8,
    7,
    6,
  ]]);
});
