import assert from "node:assert/strict";
import { puback, pubcomp, pubrec, staying } from "../support/packets.ts";
import type { Credentials } from "../../src/security/mod.ts";
import { settle, turn } from "../support/settle.ts";
import { conformance, eachVersion } from "../support/test_broker.ts";
import type { TestBroker } from "../support/test_broker.ts";

// Sections 3.1.2.4, 4.1, 4.5 and 4.6: what a session keeps while its client is
// away, in which order it comes, and when it ends.

/** A session subscribed to `#` that has gone, and a publisher. */
async function absent(broker: TestBroker, version: 4 | 5) {
  const client = await broker.connect(version, staying(version));
  await client.subscribe([["#", 2]]);
  await client.disconnect();
  return await broker.connect(version, "publisher");
}

eachVersion(
  "3.1.1 [MQTT-3.1.2-4] [MQTT-3.1.2-5] [MQTT-4.5.0-1] 5.0 [MQTT-4.5.0-1] an absent session collects QoS 1 and 2",
  async (broker, version) => {
    const other = await absent(broker, version);
    for (let id = 1; id <= 4; id++) {
      const qos = id % 3;
      await other.publish({ topic: `t/${id}`, payload: `${id}`, qos, id });
    }
    const again = await broker.connect(version, staying(version));
    const all = await again.receiveAll();
    assert.deepEqual(
      all.map((one) => [one.payload, one.qos, one.dup]),
      [["1", 1, false], ["2", 2, false], ["4", 1, false]],
    );
  },
);

conformance(
  "3.1.1 [MQTT-3.1.2-6] a clean session ends with its connection",
  async (broker) => {
    const client = await broker.connect(4, { clientId: "c", clean: true });
    await client.subscribe([["t", 1]]);
    await client.drop();
    const other = await broker.connect(4, "publisher");
    await other.publish({ topic: "t", qos: 1 });
    const { client: again, connack } = await broker.join(4, {
      clientId: "c",
      clean: false,
    });
    assert.equal(connack.sessionPresent, false);
    await again.expectNothing();
    await other.publish({ topic: "t", qos: 1, id: 2 });
    await again.expectNothing();
  },
);

conformance(
  "3.1.1 [MQTT-3.1.2-6] a clean session discards what was stored before",
  async (broker) => {
    await absent(broker, 4);
    const clean = await broker.connect(4, { clientId: "subscriber" });
    await clean.publish({ topic: "t" });
    await clean.expectNothing();
  },
);

conformance(
  "3.1.1 [MQTT-4.1.0-1] [MQTT-4.1.0-2] state lasts while the connection does, and beyond it without clean session",
  async (broker) => {
    const client = await broker.connect(4, staying(4));
    await client.subscribe([["#", 1]]);
    await broker.advance(10_000_000);
    await client.publish({ topic: "t" });
    await client.receivePublish();
    await client.disconnect();
    await broker.advance(10_000_000);
    const other = await broker.connect(4, "publisher");
    await other.publish({ topic: "t", qos: 1, payload: "late" });
    const again = await broker.connect(4, staying(4));
    assert.equal((await again.receivePublish()).payload, "late");
  },
);

conformance(
  "a 3.x session without clean session is kept as long as expiry_v3 says",
  async (broker) => {
    await absent(broker, 4);
    await broker.advance(59_000);
    const { client, connack } = await broker.join(4, staying(4));
    assert.equal(connack.sessionPresent, true);
    await client.disconnect();
    await broker.advance(61_000);
    const late = await broker.join(4, staying(4));
    assert.equal(late.connack.sessionPresent, false);
  },
  { session: { expiry_v3: 60 } },
);

for (
  const [policy, kept] of [
    ["drop-new", ["1", "2", "3"]],
    ["drop-old", ["3", "4", "5"]],
  ] as const
) {
  eachVersion(
    `a backlog bounded by count keeps what ${policy} says, in order`,
    async (broker, version) => {
      const other = await absent(broker, version);
      for (let id = 1; id <= 5; id++) {
        await other.publish({ topic: "t", payload: `${id}`, qos: 1, id });
      }
      const again = await broker.connect(version, staying(version));
      const all = await again.receiveAll();
      assert.deepEqual(all.map((one) => one.payload), kept);
    },
    { session: { backlog_messages: 3, backlog_policy: policy } },
  );
}

eachVersion(
  "a backlog is bounded by bytes too",
  async (broker, version) => {
    const other = await absent(broker, version);
    for (let id = 1; id <= 20; id++) {
      const payload = `${id}`.padEnd(1000, ".");
      await other.publish({ topic: "t", payload, qos: 1, id });
    }
    const again = await broker.connect(version, staying(version));
    const all = await again.receiveAll();
    assert.ok(all.length >= 2 && all.length <= 5, `${all.length} kept`);
    assert.ok(all[0].payload.startsWith("1."));
  },
  { session: { backlog_bytes: 5000 } },
);

eachVersion(
  "QoS 0 waits for an absent session only when queue_qos0 is on",
  async (broker, version) => {
    const other = await absent(broker, version);
    await other.publish({ topic: "t", payload: "zero" });
    const again = await broker.connect(version, staying(version));
    const { payload, qos } = await again.receivePublish();
    assert.deepEqual([payload, qos], ["zero", 0]);
  },
  { session: { queue_qos0: true } },
);

eachVersion(
  "3.1.1 [MQTT-4.6.0-5] [MQTT-4.6.0-6] 5.0 [MQTT-4.6.0-5] [MQTT-4.6.0-6] order holds per publisher, topic and QoS, also while a backlog drains",
  async (broker, version) => {
    const other = await absent(broker, version);
    let id = 0;
    const publish = (topic: string, qos: number) =>
      other.post(other.packets.publish({
        topic,
        payload: `${++id}`.padStart(4, "0"),
        qos,
        id,
      }));
    for (let at = 0; at < 60; at++) publish(`t${at % 3}`, 1 + at % 2);
    await other.receiveAll();
    const again = await broker.connect(version, staying(version));
    const got: Record<string, string[]> = {};
    for (let round = 0; round < 60; round++) {
      // New messages come in while the old ones are still going out.
      if (round < 30) publish(`t${round % 3}`, 1 + round % 2);
      const all = await again.receiveAll();
      if (all.length === 0) break;
      for (const one of all) {
        if (one.type === 3) {
          (got[`${one.topic}@${one.qos}`] ??= []).push(one.payload);
          const { packetId, qos } = one;
          await again.send(qos === 1 ? puback(packetId) : pubrec(packetId));
        } else if (one.type === 6) await again.send(pubcomp(one.packetId));
      }
    }
    const counts = Object.values(got).map((one) => one.length);
    assert.equal(counts.reduce((sum, one) => sum + one, 0), 90);
    for (const payloads of Object.values(got)) {
      assert.deepEqual(payloads, [...payloads].sort());
    }
  },
  { limits: { max_inflight: 4 } },
);

eachVersion(
  "a session taken over keeps its subscriptions and what is in flight",
  async (broker, version) => {
    const old = await broker.connect(version, staying(version));
    await old.subscribe([["t", 1]]);
    const other = await broker.connect(version, "publisher");
    await other.publish({ topic: "t", payload: "x", qos: 1 });
    const first = await old.receivePublish();
    const { client, connack } = await broker.join(version, staying(version));
    await old.expectDisconnect(0x8e);
    assert.equal(connack.sessionPresent, true);
    const second = await client.receivePublish();
    assert.deepEqual([second.packetId, second.dup], [first.packetId, true]);
  },
);

eachVersion(
  "a refused login with a client id in use neither ends the connection nor sends its will",
  async (broker, version) => {
    const watcher = await broker.connect(version, {
      clientId: "watcher",
      username: "me",
    });
    await watcher.subscribe(["#"]);
    const client = await broker.connect(version, {
      username: "me",
      will: { topic: "w", payload: "x" },
    });
    const thief = broker.open(version);
    await thief.send(thief.packets.connect());
    await thief.expectRefused(version === 5 ? 0x87 : 5);
    await client.expectAlive();
    await watcher.expectNothing();
  },
  {
    authenticator: {
      authenticate: ({ clientId, username }) =>
        username === null
          ? { kind: "deny", reasonCode: 0x87 }
          : { kind: "allow", identity: { clientId, username } },
      begin: () => null,
    },
  },
);

const SLOW = {
  authenticator: {
    // Answers a few turns of the event loop later.
    authenticate: async ({ clientId, username }: Credentials) => {
      for (let at = 0; at < 5; at++) await turn();
      return { kind: "allow", identity: { clientId, username } } as const;
    },
    begin: () => null,
  },
};

eachVersion(
  "what a client sends before a slow CONNACK counts, behind it",
  async (broker, version) => {
    const client = broker.open(version);
    await client.send(
      client.packets.connect(),
      client.packets.subscribe(1, ["t"]),
      client.packets.publish({ topic: "t", payload: "early" }),
    );
    const [connack, suback, publish] = await client.receiveAll();
    assert.deepEqual([connack.type, suback.type], [2, 9]);
    assert.equal(publish.payload, "early");
  },
  SLOW,
);

eachVersion(
  "of many that connect with one client id at once the last remains",
  async (broker, version) => {
    const all = Array.from({ length: 5 }, () => broker.open(version));
    for (const client of all) client.post(client.packets.connect());
    await settle();
    const open = all.filter((client) => !client.closed);
    assert.equal(open.length, 1);
    await open[0].receive();
    await open[0].expectAlive();
  },
  SLOW,
);

eachVersion(
  "a client that is gone before its slow CONNACK can come again",
  async (broker, version) => {
    const client = broker.open(version);
    client.post(client.packets.connect());
    await turn();
    await client.drop();
    await settle();
    const again = await broker.connect(version);
    await again.expectAlive();
  },
  SLOW,
);
