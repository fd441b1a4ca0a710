import assert from "node:assert/strict";
import type { RemoteAccess } from "../../src/security/access/mod.ts";
import { property } from "../support/bytes.ts";
import { pubcomp, staying } from "../support/packets.ts";
import { propertyOf } from "../support/read_packet.ts";
import {
  mosquittoRules,
  partsOf,
  rulesOf,
  testRules,
} from "../support/rules.ts";
import {
  conformance,
  eachVersion,
  TestBroker,
} from "../support/test_broker.ts";

// What access rules do to the packets: refusals that can be seen, and messages
// that come to nobody who may not have them.

const REASON = 0x1f;

/** All of `a/` but the secret; everybody may publish everything. */
const A_SECRET = [
  { topics: ["a/secret"], action: "subscribe", permission: "deny" },
  { topics: ["a/#"] },
  { topics: ["#"], action: "publish" },
] as const;

eachVersion(
  "what may not be published goes nowhere, and 5.0 is told 0x87",
  async (broker, version) => {
    const watcher = await broker.connect(version, "watcher");
    await watcher.subscribe([["#", 2]]);
    const client = await broker.connect(version, "c");
    await client.publish({ topic: "no", qos: 0 });
    await client.publish({ topic: "no", qos: 1, id: 1 });
    await client.expectAck(4, 1, version === 5 ? 0x87 : 0);
    await client.publish({ topic: "no", qos: 2, id: 2 });
    await client.expectAck(5, 2, version === 5 ? 0x87 : 0);
    await watcher.expectNothing();
    await client.publish({ topic: "yes", qos: 1, id: 3 });
    await client.expectAck(4, 3, 0);
    assert.equal((await watcher.receivePublish()).topic, "yes");
  },
  { authorizer: mosquittoRules("topic yes\ntopic read #") },
);

const DISCONNECT = {
  access: { on_denied_publish: "disconnect" },
  authorizer: mosquittoRules("topic yes"),
} as const;

eachVersion(
  "on_denied_publish = disconnect: who cannot be told otherwise is closed",
  async (broker, version) => {
    for (const qos of [0, 1, 2]) {
      const client = await broker.connect(version, "c");
      await client.publish({ topic: "no", qos, id: 7 });
      if (version === 5 && qos > 0) {
        await client.expectAck(qos === 1 ? 4 : 5, 7, 0x87);
        await client.expectAlive();
      } else await client.expectDisconnect(0x87);
    }
  },
  DISCONNECT,
);

eachVersion(
  "a subscription gives only what may be received",
  async (broker, version) => {
    const client = await broker.connect(version, "c");
    await client.subscribe([["a/#", 2]]);
    const publisher = await broker.connect(version, "p");
    for (const qos of [0, 1, 2, 0, 1, 2]) {
      for (const topic of ["a/secret", "a/open"]) {
        await publisher.publish({ topic, qos, id: 1, payload: `${qos}` });
        if (qos === 2) await publisher.send("62 02 00 01");
      }
    }
    const got = (await client.receiveAll()).filter(({ type }) => type === 3);
    assert.deepEqual(
      got.map(({ topic, payload }) => `${topic} ${payload}`),
      ["0", "1", "2", "0", "1", "2"].map((qos) => `a/open ${qos}`),
    );
    await client.send(client.packets.subscribe(9, ["a/secret", "a/+", "b"]));
    const refused = version === 5 ? 0x87 : 0x80;
    const { codes } = await client.receive();
    assert.deepEqual(codes, [refused, 0, refused]);
  },
  { authorizer: rulesOf(A_SECRET) },
);

eachVersion(
  "what is retained is given only to who may receive it",
  async (broker, version) => {
    const publisher = await broker.connect(version, "p");
    for (const topic of ["a/secret", "a/open"]) {
      await publisher.publish({ topic, retain: true, payload: "x" });
    }
    const client = await broker.connect(version, "c");
    await client.subscribe([["a/#", 1]]);
    const got = await client.receiveAll();
    assert.deepEqual(got.map(({ topic }) => topic), ["a/open"]);
  },
  { authorizer: rulesOf(A_SECRET) },
);

eachVersion(
  "a shared group passes over who may not receive it",
  async (broker, version) => {
    const ann = await broker.connect(version, {
      clientId: "ann",
      username: "ann",
    });
    const bob = await broker.connect(version, {
      clientId: "bob",
      username: "bob",
    });
    for (const one of [ann, bob]) await one.subscribe([["$share/g/a/#", 1]]);
    const publisher = await broker.connect(version, "p");
    for (let id = 1; id <= 6; id++) {
      await publisher.publish({ topic: "a/ann", qos: 1, id, payload: "x" });
    }
    assert.equal((await ann.receiveAll()).length, 6);
    assert.equal((await bob.receiveAll()).length, 0);
  },
  {
    authorizer: rulesOf([
      { topics: ["a/ann"], users: ["ann"] },
      { topics: ["a/other"], action: "subscribe" },
      { topics: ["#"], action: "publish" },
    ]),
  },
);

eachVersion(
  "a rule that allows less lowers what is granted and delivered",
  async (broker, version) => {
    const client = await broker.connect(version, "c");
    await client.send(client.packets.subscribe(1, [["a/#", 2], ["b", 2]]));
    assert.deepEqual((await client.receive()).codes, [2, 0]);
    const publisher = await broker.connect(version, "p");
    for (const topic of ["a/low", "a/x", "b"]) {
      await publisher.publish({ topic, qos: 1, payload: "x" });
    }
    const got = await client.receiveAll();
    assert.deepEqual(got.map(({ topic, qos }) => [topic, qos]), [
      ["a/low", 0],
      ["a/x", 1],
      ["b", 0],
    ]);
  },
  {
    authorizer: rulesOf([
      {
        topics: ["a/low"],
        action: "subscribe",
        qos: [1, 2],
        permission: "deny",
      },
      { topics: ["b"], action: "subscribe", qos: [0] },
      { topics: ["a/#"] },
      { topics: ["b"], action: "publish" },
    ]),
  },
);

eachVersion(
  "$SYS is read only where a rule allows it",
  async (broker, version) => {
    const refused = version === 5 ? 0x87 : 0x80;
    const client = await broker.connect(version, "c");
    await client.send(client.packets.subscribe(1, ["$SYS/#", "#"]));
    assert.deepEqual((await client.receive()).codes, [refused, 0]);
    const ann = await broker.connect(version, { username: "ann" });
    await ann.send(ann.packets.subscribe(1, ["$SYS/#"]));
    assert.deepEqual((await ann.receive()).codes, [0]);
  },
  { authorizer: mosquittoRules("topic #\nuser ann\ntopic read $SYS/#") },
);

eachVersion("other rules hold at once, for a will too", async (_, version) => {
  const rules = rulesOf([{ topics: ["#"] }]);
  const broker = new TestBroker({ authorizer: rules });
  const watcher = await broker.connect(version, "watcher");
  await watcher.subscribe(["t", "will"]);
  const will = { topic: "will", payload: "gone" };
  const client = await broker.connect(version, { clientId: "c", will });
  for (let n = 0; n < 4; n++) await client.publish({ topic: "t" });
  assert.equal((await watcher.receiveAll()).length, 4);
  rules.replace(partsOf([{ topics: ["#"], clientIds: ["watcher"] }]));
  await client.publish({ topic: "t" });
  await client.drop();
  await watcher.expectNothing();
  await broker.stop();
});

eachVersion(
  "what waits for a session is given only to who may receive it then",
  async (_, version) => {
    const all = [{ topics: ["#"], users: ["ann", "p"] }] as const;
    const rules = rulesOf(all);
    const broker = new TestBroker({ authorizer: rules });
    const options = { ...staying(version, "s"), username: "ann" };
    const ann = await broker.connect(version, options);
    await ann.subscribe([["#", 2]]);
    const publisher = await broker.connect(version, {
      clientId: "p",
      username: "p",
    });
    // One is in flight, two wait in the backlog.
    await publisher.publish({ topic: "a", qos: 1, payload: "x" });
    assert.equal((await ann.receivePublish()).topic, "a");
    await ann.drop();
    for (const topic of ["b", "c"]) {
      await publisher.publish({ topic, qos: 2, payload: "x" });
      await publisher.send("62 02 00 01");
    }
    rules.replace(partsOf([
      ...all,
      { topics: ["c"], users: ["bob"], action: "subscribe" },
    ]));
    const bob = await broker.connect(version, { ...options, username: "bob" });
    const got = (await bob.receiveAll()).filter(({ type }) => type === 3);
    assert.deepEqual(got.map(({ topic, dup }) => [topic, dup]), [["c", false]]);
    await bob.send(pubcomp(got[0].packetId));
    await broker.stop();
  },
);

conformance("explain: 5.0 is told which rule refused it", async (broker) => {
  const client = await broker.connect(5, "c");
  await client.publish({ topic: "no", qos: 1 });
  assert.equal(propertyOf(await client.receive(), REASON), "denied by acl:2");
  await client.publish({ topic: "other", qos: 2 });
  const reason = propertyOf(await client.receive(), REASON);
  assert.match(String(reason), /^no rule allows it/);
  await client.send(client.packets.subscribe(1, ["yes", "no"]));
  const suback = await client.receive();
  assert.deepEqual(suback.codes, [0, 0x87]);
  assert.equal(propertyOf(suback, REASON), "denied by acl:2");
  const willing = broker.open(5);
  const will = { topic: "no", payload: "x" };
  await willing.send(willing.packets.connect({ clientId: "w", will }));
  const connack = await willing.expectRefused(0x87);
  assert.equal(propertyOf(connack, REASON), "the will: denied by acl:2");
  // Who does not want reasons gets none, nor who has no room for them.
  for (
    const one of [property.requestProblem(0), property.maximumPacketSize(20)]
  ) {
    const terse = await broker.connect(5, { clientId: "t", properties: [one] });
    await terse.send(terse.packets.subscribe(1, ["no"]));
    await terse.expect("90 04 00 01 00 87");
    await terse.publish({ topic: "no", qos: 1 });
    await terse.expect("40 03 00 01 87");
  }
}, {
  access: { explain: true },
  authorizer: mosquittoRules("topic yes\ntopic deny no"),
});

/** Answers when the test says so. */
class SlowRemote implements RemoteAccess {
  readonly name = "http://auth";
  readonly asked: string[] = [];
  readonly #waiting: ((answer: boolean) => void)[] = [];

  ask(_: unknown, question: { action: string; topic: string }) {
    this.asked.push(`${question.action} ${question.topic}`);
    return new Promise<boolean>((resolve) => this.#waiting.push(resolve));
  }

  denial(): null {
    return null;
  }

  answer(...answers: boolean[]): void {
    assert.equal(this.#waiting.length, answers.length, "questions");
    this.#waiting.splice(0).forEach((tell, index) => tell(answers[index]));
  }
}

eachVersion(
  "while somebody outside is asked, the client waits and the others do not",
  async (_, version) => {
    const remote = new SlowRemote();
    const rules = rulesOf([{ topics: ["#"], clientIds: ["other"] }], {
      remote,
    });
    const broker = new TestBroker({ authorizer: rules });
    const other = await broker.connect(version, "other");
    await other.subscribe(["#"]);
    const will = { topic: "will", payload: "gone" };
    const client = broker.open(version);
    await client.send(
      client.packets.connect({ clientId: "c", will }),
      client.packets.subscribe(1, ["s", "no", "t"]),
      client.packets.publish({ topic: "first", payload: "1" }),
      client.packets.publish({ topic: "second", payload: "2" }),
      client.packets.publish({ topic: "second", payload: "3" }),
    );
    assert.deepEqual(remote.asked, ["publish will"]);
    await client.expectNothing();
    await other.expectAlive();
    remote.answer(true);
    assert.equal((await client.receive()).type, 2);
    remote.answer(true, false, true);
    const refused = version === 5 ? 0x87 : 0x80;
    assert.deepEqual((await client.receive()).codes, [0, refused, 0]);
    await other.expectNothing();
    remote.answer(true);
    assert.equal((await other.receivePublish()).topic, "first");
    remote.answer(false);
    await other.expectNothing();
    // The answer was for that one message.
    remote.answer(true);
    assert.equal((await other.receivePublish()).payload, "3");
    await client.expectAlive();
    assert.deepEqual(remote.asked.slice(1), [
      "subscribe s",
      "subscribe no",
      "subscribe t",
      "publish first",
      "publish second",
      "publish second",
    ]);
    // About what it receives nobody is asked again.
    await other.publish({ topic: "s", payload: "x" });
    assert.equal((await client.receivePublish()).topic, "s");
    await client.drop();
    const topics = (await other.receiveAll()).map(({ topic }) => topic);
    assert.deepEqual(topics, ["s", "will"]);
    await broker.stop();
  },
);

eachVersion(
  "a client whose will somebody outside does not allow is refused",
  async (_, version) => {
    const remote = new SlowRemote();
    const broker = new TestBroker({ authorizer: rulesOf([], { remote }) });
    const client = broker.open(version);
    const will = { topic: "will", payload: "gone" };
    await client.send(client.packets.connect({ clientId: "c", will }));
    remote.answer(false);
    await client.expectRefused(version === 5 ? 0x87 : 5);
    // One that goes while it is asked about leaves nothing behind.
    const gone = broker.open(version);
    await gone.send(gone.packets.connect({ clientId: "g" }));
    await gone.receive();
    await gone.send(gone.packets.publish({ topic: "t" }));
    await gone.drop();
    remote.answer(true);
    await broker.stop();
  },
);

/** Counts the filters that it is asked about. */
const counting = { ...testRules({}), filters: [] as string[] };
counting.maySubscribe = (_, filter, qos) => {
  counting.filters.push(filter);
  return filter === "a" ? -1 : qos;
};

eachVersion(
  "of one SUBSCRIBE no more filters are looked at than a session may have",
  async (broker, version) => {
    counting.filters.length = 0;
    const client = await broker.connect(version);
    await client.send(client.packets.subscribe(1, ["a", "b", "c", "d", "c"]));
    const [no, full] = version === 5 ? [0x87, 0x97] : [0x80, 0x80];
    const { codes } = await client.receive();
    assert.deepEqual(codes, [no, 0, 0, full, full]);
    assert.deepEqual(counting.filters, ["a", "b", "c"]);
  },
  { limits: { max_subscriptions_per_session: 3 }, authorizer: counting },
);
