import assert from "node:assert/strict";
import type { Identity } from "../../src/security/mod.ts";
import { property } from "../support/bytes.ts";
import { auth, staying } from "../support/packets.ts";
import { propertyOf } from "../support/read_packet.ts";
import { mosquittoRules, partsOf, rulesOf } from "../support/rules.ts";
import { RuledSessions } from "./ruled_sessions.ts";

for (const version of [4, 5] as const) {
  Deno.test(`subscriptions that are not allowed any more are removed (version ${version})`, async () => {
    const sessions = new RuledSessions(rulesOf([{ topics: ["#"] }]));
    const client = await sessions.connect(version, { clientId: "c" });
    await client.subscribe([["a/#", 1], "b", ["$share/g/b", 1], "c/+"]);
    assert.deepEqual(await sessions.enforce("c"), []);
    sessions.rules.replace(partsOf([{ topics: ["a/x", "c/y"] }]));
    assert.deepEqual(await sessions.enforce("c"), ["b", "$share/g/b"]);
    assert.deepEqual(sessions.filters("c"), ["a/#", "c/+"]);
    assert.equal(sessions.registry.get("c")!.subscriptions, 2);
    await client.expectAlive();
    // With none left a 5.0 client is told; an older one cannot be.
    sessions.rules.replace(partsOf([]));
    assert.deepEqual(await sessions.enforce("c"), ["a/#", "c/+"]);
    if (version === 4) return await client.expectAlive();
    const goodbye = await client.receive();
    assert.deepEqual([goodbye.type, goodbye.code], [14, 0x87]);
    assert.match(String(propertyOf(goodbye, 0x1f)), /a\/# and 1 more$/);
    await client.expectClosed();
    assert.equal(sessions.context.counters.closed["not-authorized"], 1);
  });

  Deno.test(`what a member of a group may not receive any more goes to another (version ${version})`, async () => {
    const rules = mosquittoRules("user ann\ntopic #\nuser bob\ntopic #");
    const sessions = new RuledSessions(rules);
    const away = { ...staying(version, "ann"), username: "ann" };
    const ann = await sessions.connect(version, away);
    await ann.subscribe([["$share/g/t", 1]]);
    await ann.drop();
    const bob = await sessions.connect(version, {
      clientId: "bob",
      username: "bob",
    });
    // The only member is away: it waits for her.
    await bob.publish({ topic: "t", qos: 1, payload: "x" });
    await bob.expectAck(4, 1);
    await bob.subscribe([["$share/g/t", 1]]);
    rules.replace(partsOf([{ users: ["bob"] }]));
    assert.deepEqual(await sessions.enforce("ann"), ["$share/g/t"]);
    assert.equal((await bob.receivePublish()).topic, "t");
  });

  Deno.test(`who takes a session over keeps what is allowed to the new owner (version ${version})`, async () => {
    const rules = mosquittoRules("user ann\ntopic a\nuser bob\ntopic b");
    rules.replace(partsOf([
      { users: ["ann"], topics: ["a", "b"] },
      { users: ["bob"], topics: ["b"] },
    ]));
    const sessions = new RuledSessions(rules);
    const options = { ...staying(version, "s"), username: "ann" };
    const ann = await sessions.connect(version, options);
    await ann.subscribe(["a", "b"]);
    const bob = await sessions.connect(version, {
      ...options,
      username: "bob",
    });
    assert.deepEqual(sessions.filters("s"), ["b"]);
    await bob.expectAlive();
  });
}

Deno.test("what somebody outside allowed to one user is not handed on to another", async () => {
  const remote = {
    name: "the test",
    ask: ({ username }: Identity) => username === "ann",
    denial: () => null,
  };
  const rules = rulesOf([{ topics: ["free"] }], { remote });
  const sessions = new RuledSessions(rules);
  const options = { ...staying(5, "s"), username: "ann" };
  const ann = await sessions.connect(5, options);
  await ann.subscribe([["hers", 1], ["free", 1]]);
  await ann.drop();
  const publisher = await sessions.connect(5, { username: "ann" });
  await publisher.publish({ topic: "hers", qos: 1 });
  await publisher.expectAck(4, 1, 0);
  // She herself finds it again, and leaves a subscription that a rule allows.
  const again = await sessions.connect(5, options);
  assert.equal((await again.receivePublish()).topic, "hers");
  assert.deepEqual(sessions.filters("s"), ["hers", "free"]);
  const bob = await sessions.connect(5, { ...options, username: "bob" });
  assert.deepEqual(sessions.filters("s"), []);
  assert.deepEqual(await bob.receiveAll(), []);
});

Deno.test("what comes for a restored session waits until it is known who has it", async () => {
  const sessions = new RuledSessions(rulesOf([
    { topics: ["a"], listeners: ["tcp"], users: ["ann"] },
    { topics: ["a", "b"], users: ["p"] },
  ]));
  const { registry } = sessions;
  const { router } = sessions.context;
  // As it is after a start: a user name is all that is left of its client.
  const session = registry.create("s");
  session.identity = { clientId: "s", username: "ann" };
  session.expiryInterval = 1000;
  const plain = { qos: 1, noLocal: false, retainAsPublished: false } as const;
  const options = { ...plain, retainHandling: 0, identifier: 0 } as const;
  for (const filter of ["a", "b"]) {
    router.subscribe(session, filter, null, options);
  }
  assert.deepEqual(await sessions.enforce("s"), []);
  const publisher = await sessions.connect(5, {
    clientId: "p",
    username: "p",
  });
  for (const topic of ["a", "b"]) {
    await publisher.publish({ topic, qos: 1, payload: "x" });
    await publisher.expectAck(4, 1, 0);
  }
  assert.equal(session.queue.waiting, 2);
  const back = await sessions.connect(5, {
    ...staying(5, "s"),
    username: "ann",
  });
  assert.deepEqual((await back.receiveAll()).map(({ topic }) => topic), ["a"]);
  assert.deepEqual(sessions.filters("s"), ["a"]);
  assert.equal(sessions.context.counters.dropped["read-denied"], 1);
});

Deno.test("who becomes another by AUTH is judged as that one from then on", async () => {
  const rules = mosquittoRules("user ann\ntopic a\ntopic b\nuser bob\ntopic b");
  const sessions = new RuledSessions(rules);
  const named = (name: string) => [
    property.authenticationMethod("name"),
    property.authenticationData(name),
  ];
  const client = await sessions.connect(5, {
    clientId: "c",
    properties: named("ann"),
  });
  await client.subscribe([["a", 1], ["b", 1]]);
  // Again and again, so that what ann may do is remembered.
  for (let n = 0; n < 5; n++) await client.publish({ topic: "a", qos: 1 });
  await client.receiveAll();
  await client.send(auth(0x19, named("bob")));
  assert.equal((await client.receive()).type, 15);
  assert.deepEqual(sessions.filters("c"), ["b"]);
  await client.publish({ topic: "a", qos: 1, id: 2 });
  await client.expectAck(4, 2, 0x87);
});

Deno.test("who becomes another by AUTH loses what somebody outside allowed before", async () => {
  const remote = { name: "the test", ask: () => true, denial: () => null };
  const sessions = new RuledSessions(rulesOf([{ topics: ["b"] }], { remote }));
  const named = (name: string) => [
    property.authenticationMethod("name"),
    property.authenticationData(name),
  ];
  const client = await sessions.connect(5, {
    clientId: "c",
    properties: named("ann"),
  });
  await client.subscribe([["a", 1], ["b", 1]]);
  for (const [name, left] of [["ann", ["a", "b"]], ["bob", ["b"]]] as const) {
    await client.send(auth(0x19, named(name)));
    assert.equal((await client.receive()).type, 15);
    assert.deepEqual(sessions.filters("c"), left);
  }
});
