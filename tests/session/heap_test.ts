import assert from "node:assert/strict";
import { property } from "../support/bytes.ts";
import { puback, pubrel, staying } from "../support/packets.ts";
import type { ManualClock } from "../support/manual_clock.ts";
import { mosquittoRules } from "../support/rules.ts";
import { settle } from "../support/settle.ts";
import { RuledSessions } from "./ruled_sessions.ts";

const WILL = { topic: "will", payload: "x" };

function setUp(): { sessions: RuledSessions; used: () => number } {
  const sessions = new RuledSessions(mosquittoRules("pattern readwrite #"));
  return { sessions, used: () => sessions.context.router.heap.used };
}

/** Subscribes in each way, and twice: the second time replaces. */
async function subscribeAll(sessions: RuledSessions, clientId: string) {
  const client = await sessions.connect(5, {
    ...staying(5, clientId),
    username: "u".repeat(100),
    will: WILL,
  });
  for (const qos of [1, 2]) {
    await client.subscribe([
      ["plain", qos],
      ["wild/+/x", qos],
      ["wild/#", qos],
      ["$share/g/plain", qos],
      ["$share/g/other", qos],
    ]);
  }
  return client;
}

Deno.test("sessions, subscriptions, wills, messages and received packet ids count in the heap, and their end takes all of it back", async () => {
  const { sessions, used } = setUp();
  assert.equal(used(), 0);
  const first = await subscribeAll(sessions, "first");
  const one = used();
  assert.ok(one > 4000, `${one} bytes`);
  const second = await subscribeAll(sessions, "second");
  assert.ok(used() - one < one, "filters are counted once");
  const both = used();
  const publisher = await sessions.connect(5, { clientId: "publisher" });
  for (const id of [1, 2]) {
    await publisher.publish({ topic: "plain", qos: 2, id });
  }
  await publisher.publish({ topic: "plain", qos: 1, id: 3 });
  await publisher.publish({ topic: "r/a/b", payload: "x", retain: true });
  assert.ok(used() > both + 2000, "messages, ids and the retained one");
  await publisher.send(pubrel(1));
  await first.receiveAll();
  await first.send(puback(1));
  await second.send(second.packets.unsubscribe(9, ["plain", "wild/#"]));
  for (const client of [first, second, publisher]) await client.drop();
  await publisher.drop();
  const cleaner = await sessions.connect(5, { clientId: "cleaner" });
  await cleaner.publish({ topic: "r/a/b", retain: true });
  await cleaner.drop();
  for (const clientId of ["first", "second"]) {
    await (await sessions.connect(5, { clientId })).disconnect();
  }
  assert.equal(sessions.registry.size, 0);
  assert.equal(used(), 0);
  assert.equal(sessions.context.counters.queuedBytes, 0);
});

Deno.test("a will counts as a queued message until it is published or dropped", async () => {
  const { sessions } = setUp();
  const { counters } = sessions.context;
  const will = { topic: "will", payload: "x".repeat(5000) };
  const left = await sessions.connect(5, { ...staying(5, "left"), will });
  assert.ok(counters.queuedBytes > 5000);
  await left.disconnect();
  assert.equal(counters.queuedBytes, 0);
  const lost = await sessions.connect(5, { ...staying(5, "lost"), will });
  const again = await sessions.connect(5, { ...staying(5, "lost"), will });
  assert.ok(counters.queuedBytes < 10_000, "one will a session");
  await lost.expectDisconnect(0x8e);
  await again.drop();
  assert.equal(counters.queuedBytes, 0);
});

for (const version of [4, 5] as const) {
  Deno.test(`while the heap is full, what clients have goes on, and new state is refused: version ${version}`, async () => {
    const { sessions } = setUp();
    const { router } = sessions.context;
    const client = await sessions.connect(version, staying(version, "c"));
    await client.subscribe([["t", 1]]);
    await client.publish({ topic: "kept", payload: "1", retain: true });
    router.heap.limit = router.heap.used;
    // Another subscription is refused, the present one is not.
    const refused = version === 5 ? 0x97 : 0x80;
    await client.send(client.packets.subscribe(7, ["t", "u"]));
    const [suback] = await client.receiveAll();
    assert.deepEqual(suback.codes, [0, refused]);
    // Messages of QoS 0 pass, and a retained message may be replaced.
    await client.publish({ topic: "t", payload: "x" });
    assert.equal((await client.receivePublish()).payload, "x");
    await client.publish({ topic: "kept", payload: "2", retain: true });
    await client.publish({ topic: "new", payload: "1", retain: true });
    assert.equal(router.retained.has("new"), false);
    assert.equal(router.retained.get("kept")!.payloadLength, 1);
    // Its session goes on.
    await client.drop();
    const again = await sessions.connect(version, staying(version, "c"));
    // A session that ends with its connection is admitted, a lasting one not.
    await sessions.connect(version, { clientId: "short" });
    const other = sessions.open(version);
    await other.send(other.packets.connect(staying(version, "other")));
    await other.expectAck(2, 0, version === 5 ? 0x97 : 3);
    await other.expectClosed();
    assert.match(sessions.ends.at(-1)![1]!, /no memory for another session/);
    assert.match(sessions.ends.at(-1)![2]!, /bytes of V8's heap$/);
    await again.drop();
  });
}

Deno.test("while memory is full, a large will is refused, a small one is not", async () => {
  const { sessions } = setUp();
  const { router } = sessions.context;
  router.heap.limit = 0;
  for (const [length, code] of [[900, 0], [1100, 0x97]]) {
    const client = sessions.open(5);
    const will = { topic: "will", payload: "x".repeat(length) };
    await client.send(client.packets.connect({ will }));
    await client.expectAck(2, 0, code);
  }
});

/** A PUBLISH that sets `alias` for a topic of `length` bytes. */
function aliasing(alias: number, length: number) {
  return {
    topic: "x".repeat(length),
    properties: [property.topicAlias(alias)],
  };
}

Deno.test("long topics of aliases count in the heap until they are replaced or the connection ends, and a full heap takes no more of them", async () => {
  const { sessions, used } = setUp();
  const client = await sessions.connect(5, { clientId: "c" });
  const before = used();
  await client.publish(aliasing(1, 500));
  assert.equal(used(), before);
  await client.publish(aliasing(1, 5000));
  await client.publish(aliasing(2, 6000));
  assert.equal(used(), before + 11_000);
  await client.publish(aliasing(2, 2000));
  assert.equal(used(), before + 7000);
  sessions.context.router.heap.limit = used();
  await client.publish(aliasing(1, 4000));
  await client.publish(aliasing(3, 100));
  await client.expectAlive();
  sessions.context.router.heap.limit = used();
  await client.publish(aliasing(4, 3000));
  await client.expectDisconnect(0x97);
  await client.drop();
  assert.equal(used(), 0);
});

Deno.test("the topic of a message counts in the heap", async () => {
  const { sessions, used } = setUp();
  const client = await sessions.connect(5, staying(5, "c"));
  await client.subscribe([["#", 1]]);
  await client.drop();
  const before = used();
  const other = await sessions.connect(5, { clientId: "publisher" });
  await other.publish({ topic: "x".repeat(5000), qos: 1, id: 1 });
  await other.drop();
  assert.ok(used() > before + 5000 && used() < before + 6000);
});

Deno.test("a session keeps no long topic that it was asked about", async () => {
  const { sessions } = setUp();
  const client = await sessions.connect(5, { clientId: "c" });
  for (const length of [512, 513]) {
    await client.publish({ topic: "x".repeat(length) });
    const { lastAsked } = sessions.registry.get("c")!;
    assert.equal(lastAsked?.bytes.length, length === 512 ? 512 : undefined);
  }
});

Deno.test("the log has the bound that a publisher waited for, which the end of its session may take it below", async () => {
  const { sessions, used } = setUp();
  const client = await sessions.connect(4, { clientId: "c" });
  sessions.context.router.heap.limit = used();
  await client.publish({ topic: "t", qos: 1, id: 1 });
  const clock = sessions.context.clock as ManualClock;
  for (let second = 0; second <= 30; second++) {
    clock.advance(1000);
    await settle();
  }
  await client.expectClosed();
  assert.equal(used(), 0);
  assert.match(sessions.ends.at(-1)![2]!, /bytes of V8's heap$/);
});
