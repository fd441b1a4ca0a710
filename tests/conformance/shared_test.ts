import assert from "node:assert/strict";
import { property } from "../support/bytes.ts";
import { puback, pubcomp, pubrec, staying } from "../support/packets.ts";
import { conformance, eachVersion } from "../support/test_broker.ts";
import type { TestBroker } from "../support/test_broker.ts";
import type { WireClient } from "../support/wire_client.ts";

// Section 4.8: shared subscriptions, which this broker has for all versions.

/** Members `m0`, `m1`, ... of the group `g` on `t`, and a publisher. */
async function group(
  broker: TestBroker,
  version: 4 | 5,
  count: number,
  qos = 2,
): Promise<{ members: WireClient[]; other: WireClient }> {
  const members: WireClient[] = [];
  for (let at = 0; at < count; at++) {
    const member = await broker.connect(version, staying(version, `m${at}`));
    await member.subscribe([["$share/g/t", qos]]);
    members.push(member);
  }
  return { members, other: await broker.connect(version, "publisher") };
}

/** Payloads that each member got. */
async function got(members: readonly WireClient[]): Promise<string[][]> {
  const all: string[][] = [];
  for (const member of members) {
    const packets = await member.receiveAll();
    all.push(
      packets.filter((one) => one.type === 3).map((one) => one.payload),
    );
  }
  return all;
}

eachVersion(
  "5.0 [MQTT-4.8.2-1] [MQTT-4.8.2-2] a shared filter needs a share name without / + #, a slash and a filter",
  async (broker, version) => {
    const bad = [
      "$share//x",
      "$share/a+/x",
      "$share/a#/x",
      "$share/+/x",
      "$share/#/x",
      "$share/g",
      "$share/g/",
      "$share/",
      "$share/g/a#",
      "$share/g/#/a",
    ];
    for (const filter of bad) {
      const client = await broker.connect(version);
      await client.send(client.packets.subscribe(1, [filter]));
      await client.expectDisconnect(0x81);
    }
    const client = await broker.connect(version);
    await client.subscribe(["$share/g/#", "$share/ü !/a/+", "$share/g/$x"]);
    await client.subscribe(["$shared/g/t", "$share"]);
  },
);

eachVersion(
  "a group gets each message once, spread over its members",
  async (broker, version) => {
    const { members, other } = await group(broker, version, 3, 0);
    for (let at = 0; at < 9; at++) {
      await other.publish({ topic: "t", payload: `${at}` });
    }
    const all = await got(members);
    assert.deepEqual(all.flat().sort(), [..."012345678"]);
    assert.ok(all.every((one) => one.length === 3));
  },
);

eachVersion(
  "groups and plain subscriptions each get their own copy",
  async (broker, version) => {
    const client = await broker.connect(version);
    await client.subscribe(["$share/a/t", "$share/b/t", "t", "$share/a/#"]);
    await client.publish({ topic: "t" });
    assert.equal((await client.receiveAll()).length, 4);
  },
);

conformance(
  "5.0 [MQTT-4.8.2-3] each member gets at most its granted QoS",
  async (broker) => {
    for (const qos of [0, 1, 2]) {
      const client = await broker.connect(5, `m${qos}`);
      await client.subscribe([["$share/g/t", qos]]);
      const other = await broker.connect(5, "publisher");
      await other.publish({ topic: "t", qos: 2 });
      assert.equal((await client.receivePublish()).qos, qos);
      await client.disconnect();
    }
  },
);

conformance(
  "5.0 [MQTT-4.8.2-4] [MQTT-4.8.2-5] QoS 2 once acknowledged by a member is completed with it or nobody",
  async (broker) => {
    const { members, other } = await group(broker, 5, 2);
    await other.publish({ topic: "t", payload: "x", qos: 2 });
    const all = await Promise.all(members.map((one) => one.receiveAll()));
    const at = all.findIndex((one) => one.length > 0);
    const { packetId } = all[at][0];
    await members[at].send(pubrec(packetId));
    await members[at].expectAck(6, packetId);
    await members[at].drop();
    await members[1 - at].expectNothing();
    const again = await broker.connect(5, staying(5, `m${at}`));
    await again.expectAck(6, packetId);
    await again.drop();
    await broker.advance(2_000_000);
    await members[1 - at].expectNothing();
  },
);

conformance(
  "5.0 [MQTT-4.8.2-4] a QoS 2 message in flight waits for its member",
  async (broker) => {
    const { members, other } = await group(broker, 5, 1);
    await other.publish({ topic: "t", payload: "x", qos: 2 });
    const first = await members[0].receivePublish();
    await members[0].drop();
    const again = await broker.connect(5, staying(5, "m0"));
    const second = await again.receivePublish();
    assert.deepEqual([second.packetId, second.dup], [first.packetId, true]);
    await again.send(pubrec(second.packetId));
    await again.expectAck(6, second.packetId);
    await again.send(pubcomp(second.packetId));
    await again.expectNothing();
  },
);

conformance(
  "5.0 [MQTT-4.8.2-5] a QoS 2 message in flight goes to nobody else when its member's session ends",
  async (broker) => {
    const { members, other } = await group(broker, 5, 2);
    await other.publish({ topic: "t", payload: "x", qos: 2 });
    const all = await Promise.all(members.map((one) => one.receiveAll()));
    const at = all.findIndex((one) => one.length > 0);
    await members[at].drop();
    await broker.advance(2_000_000);
    await members[1 - at].expectNothing();
    const { connack } = await broker.join(5, staying(5, `m${at}`));
    assert.equal(connack.sessionPresent, false);
  },
);

conformance(
  "5.0 [MQTT-4.8.2-6] a message that its member refuses goes to nobody else",
  async (broker) => {
    const { members, other } = await group(broker, 5, 2);
    for (const qos of [1, 2]) {
      await other.publish({ topic: "t", qos, id: qos });
      const all = await Promise.all(members.map((one) => one.receiveAll()));
      const at = all.findIndex((one) => one.length > 0);
      const { packetId } = all[at][0];
      await members[at].send(
        qos === 1 ? puback(packetId, 0x80) : pubrec(packetId, 0x80),
      );
      await members[0].expectNothing();
      await members[1].expectNothing();
    }
  },
);

eachVersion(
  "QoS 1 messages unacknowledged by a member whose session ends go to another",
  async (broker, version) => {
    const { members, other } = await group(broker, version, 2, 1);
    for (let id = 1; id <= 4; id++) {
      await other.publish({ topic: "t", payload: `${id}`, qos: 1, id });
    }
    const all = await got(members);
    assert.deepEqual(all.flat().sort(), ["1", "2", "3", "4"]);
    // A clean start ends the first member's session.
    await broker.connect(version, { clientId: "m0", clean: true });
    const [, taken] = await got(members);
    assert.deepEqual(taken.sort(), all[0].sort());
  },
);

eachVersion(
  "messages for a member that unsubscribes or is gone for good go to another",
  async (broker, version) => {
    for (const how of ["unsubscribe", "drop"] as const) {
      const stays = await broker.connect(version, `stays-${how}`);
      const leaves = await broker.connect(version, `leaves-${how}`);
      const filter = `$share/${how}/${how}`;
      await stays.subscribe([[filter, 1]]);
      await leaves.subscribe([[filter, 1]]);
      const other = await broker.connect(version, "publisher");
      for (let id = 1; id <= 4; id++) {
        await other.publish({ topic: how, payload: `${id}`, qos: 1, id });
      }
      const [mine, theirs] = await got([stays, leaves]);
      assert.equal(mine.length + theirs.length, 4);
      if (how === "drop") await leaves.drop();
      else {
        await leaves.send(leaves.packets.unsubscribe(1, [filter]));
        await leaves.expectAck(11, 1);
        // What it has begun to get it can still acknowledge: not sent twice.
        continue;
      }
      assert.deepEqual((await got([stays]))[0].sort(), theirs.sort());
    }
  },
);

conformance(
  "5.0 what waits for a member that leaves the group goes to another, the rest stays",
  async (broker) => {
    const leaves = await broker.connect(5, {
      clientId: "leaves",
      properties: [property.receiveMaximum(1)],
    });
    await leaves.subscribe([["$share/g/t", 1], ["own", 1]]);
    const other = await broker.connect(5, "publisher");
    for (const [at, topic] of ["own", "t", "own", "t"].entries()) {
      await other.publish({ topic, payload: `${at}`, qos: 1, id: at + 1 });
    }
    const first = await leaves.receivePublish();
    assert.equal(first.payload, "0");
    const stays = await broker.connect(5, "stays");
    await stays.subscribe([["$share/g/t", 1]]);
    await leaves.send(leaves.packets.unsubscribe(9, ["$share/g/t"]));
    await leaves.expectAck(11, 9);
    assert.deepEqual(await got([stays]), [["1", "3"]]);
    await leaves.send(puback(first.packetId));
    assert.equal((await leaves.receivePublish()).payload, "2");
    await leaves.expectNothing();
  },
);

eachVersion(
  "members that are away are passed over while another is there",
  async (broker, version) => {
    const { members, other } = await group(broker, version, 3, 1);
    await members[0].disconnect();
    await members[2].disconnect();
    for (let id = 1; id <= 4; id++) {
      await other.publish({ topic: "t", payload: `${id}`, qos: 1, id });
    }
    assert.deepEqual((await got([members[1]]))[0], ["1", "2", "3", "4"]);
  },
);

eachVersion(
  "a new shared subscription gets no retained messages",
  async (broker, version) => {
    const client = await broker.connect(version);
    await client.publish({ topic: "t", payload: "x", retain: true });
    await client.subscribe(["$share/g/t"]);
    await client.expectNothing();
  },
);

eachVersion(
  "shared subscriptions can be switched off",
  async (broker, version) => {
    const client = await broker.connect(version);
    await client.send(client.packets.subscribe(1, ["$share/g/t", "t"]));
    const no = version === 5 ? 0x9e : 0x80;
    assert.deepEqual((await client.receive()).codes, [no, 0]);
  },
  { shared: { available: false } },
);

for (
  const [strategy, check] of [
    ["sticky", (all: string[][]) => all.some((one) => one.length === 12)],
    ["hash-client", (all: string[][]) => all.some((one) => one.length === 12)],
    ["hash-topic", (all: string[][]) => all.some((one) => one.length === 12)],
    ["round-robin", (all: string[][]) => all.every((one) => one.length === 4)],
    ["random", (all: string[][]) => all.flat().length === 12],
  ] as const
) {
  eachVersion(`the strategy ${strategy} chooses members as it says`, async (
    broker,
    version,
  ) => {
    const { members, other } = await group(broker, version, 3, 0);
    for (let at = 0; at < 12; at++) {
      await other.publish({ topic: "t", payload: `${at}` });
    }
    const all = await got(members);
    assert.equal(all.flat().length, 12);
    assert.ok(check(all), JSON.stringify(all.map((one) => one.length)));
  }, { shared: { strategy } });
}

conformance(
  "5.0 a shared subscription sends its own identifier",
  async (broker) => {
    const client = await broker.connect(5);
    await client.subscribe(["$share/g/t"], [
      property.subscriptionIdentifier(4),
    ]);
    await client.publish({ topic: "t" });
    const { properties } = await client.receivePublish();
    assert.deepEqual(properties, [[0x0b, 4]]);
  },
);

/** `m0` and `m1`, of which `m0` has a message that it does not acknowledge. */
async function busyGroup(broker: TestBroker, version: 4 | 5) {
  const { members: [busy], other } = await group(broker, version, 1);
  const say = async (payload: string, qos = 1) => {
    await other.publish({ topic: "t", payload, qos });
    if (qos === 1) await other.expectAck(4, 1, 0);
  };
  await say("first");
  const { packetId } = await busy.receivePublish();
  const away = await broker.connect(version, staying(version, "m1"));
  await away.subscribe([["$share/g/t", 2]]);
  await away.drop();
  const back = () => broker.connect(version, staying(version, "m1"));
  return { busy, packetId, say, back };
}

/** The window of each client has one place, its backlog two. */
const NARROW = {
  limits: { max_inflight: 1 },
  session: { backlog_messages: 2 },
};

eachVersion(
  "QoS 0 goes to a member whose window is full, at once, not to one that is away",
  async (broker, version) => {
    const { busy, say } = await busyGroup(broker, version);
    for (const payload of ["a", "b", "c", "d"]) {
      await say(payload, 0);
      assert.equal((await busy.receivePublish()).payload, payload);
    }
  },
  NARROW,
);

eachVersion(
  "QoS 1 waits for a member that is busy, not for one that is away",
  async (broker, version) => {
    const { busy, packetId, say, back } = await busyGroup(broker, version);
    await say("a");
    await say("b");
    await busy.send(puback(packetId));
    const next = await busy.receivePublish();
    assert.equal(next.payload, "a");
    await busy.send(puback(next.packetId));
    assert.equal((await busy.receivePublish()).payload, "b");
    assert.deepEqual(await (await back()).receiveAll(), []);
  },
  NARROW,
);

eachVersion(
  "QoS 1 goes to a member that is away rather than to one that would drop it",
  async (broker, version) => {
    const { busy, say, back } = await busyGroup(broker, version);
    for (const payload of ["a", "b", "c"]) await say(payload);
    assert.equal((await (await back()).receivePublish()).payload, "c");
    await busy.expectNothing();
  },
  NARROW,
);
