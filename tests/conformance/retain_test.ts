import assert from "node:assert/strict";
import { property } from "../support/bytes.ts";
import { propertyOf } from "../support/read_packet.ts";
import { turn } from "../support/settle.ts";
import { conformance, eachVersion } from "../support/test_broker.ts";
import type { TestBroker } from "../support/test_broker.ts";

// RETAIN (3.3.1.3): what is stored, what replaces and removes it, who gets it.

/** What a new subscriber to `filter` gets at once: topic, payload, QoS. */
async function retained(
  broker: TestBroker,
  version: 4 | 5,
  filter = "#",
): Promise<string[]> {
  const client = await broker.connect(version, "late");
  await client.subscribe([[filter, 2]]);
  const all = await client.receiveAll();
  await client.disconnect();
  assert.ok(all.every((one) => one.type === 3 && one.retain && !one.dup));
  return all.map((one) => `${one.topic}=${one.payload}@${one.qos}`).sort();
}

eachVersion(
  "3.1.1 [MQTT-3.3.1-5] [MQTT-3.3.1-6] [MQTT-3.3.1-8] 5.0 [MQTT-3.3.1-5] [MQTT-3.3.1-9] retained messages and their QoS are stored, replaced, and sent with RETAIN 1",
  async (broker, version) => {
    const client = await broker.connect(version);
    await client.publish({ topic: "a", payload: "1", retain: true });
    await client.publish({ topic: "b", payload: "1", retain: true, qos: 1 });
    await client.publish({ topic: "c/d", payload: "1", retain: true, qos: 2 });
    await client.publish({
      topic: "b",
      payload: "2",
      retain: true,
      qos: 2,
      id: 3,
    });
    assert.deepEqual(await retained(broker, version), [
      "a=1@0",
      "b=2@2",
      "c/d=1@2",
    ]);
    assert.deepEqual(await retained(broker, version, "c/+"), ["c/d=1@2"]);
    assert.deepEqual(await retained(broker, version, "a"), ["a=1@0"]);
    assert.deepEqual(await retained(broker, version, "x"), []);
  },
);

eachVersion(
  "3.1.1 [MQTT-3.3.1-7] a QoS 0 retained message replaces one of a higher QoS",
  async (broker, version) => {
    const client = await broker.connect(version);
    await client.publish({ topic: "a", payload: "old", retain: true, qos: 1 });
    await client.publish({ topic: "a", payload: "new", retain: true });
    assert.deepEqual(await retained(broker, version), ["a=new@0"]);
  },
);

eachVersion(
  "3.1.1 [MQTT-3.3.1-9] 5.0 [MQTT-3.3.1-12] an established subscription gets RETAIN 0",
  async (broker, version) => {
    const client = await broker.connect(version, "subscriber");
    await client.subscribe(["t"]);
    const other = await broker.connect(version, "publisher");
    await other.publish({ topic: "t", retain: true, payload: "x" });
    assert.equal((await client.receivePublish()).retain, false);
    await other.publish({ topic: "t", payload: "x" });
    assert.equal((await client.receivePublish()).retain, false);
  },
);

eachVersion(
  "3.1.1 [MQTT-3.3.1-10] [MQTT-3.3.1-11] 5.0 [MQTT-3.3.1-6] [MQTT-3.3.1-7] an empty retained message is delivered, removes the stored one and is not stored",
  async (broker, version) => {
    const client = await broker.connect(version, "subscriber");
    const other = await broker.connect(version, "publisher");
    await other.publish({ topic: "t", payload: "x", retain: true });
    await client.subscribe(["t"]);
    await client.receivePublish();
    await other.publish({ topic: "t", retain: true, qos: 1 });
    const empty = await client.receivePublish();
    assert.deepEqual([empty.payload, empty.retain], ["", false]);
    assert.deepEqual(await retained(broker, version), []);
  },
);

eachVersion(
  "3.1.1 [MQTT-3.3.1-12] 5.0 [MQTT-3.3.1-8] without RETAIN nothing is stored, replaced or removed",
  async (broker, version) => {
    const client = await broker.connect(version);
    await client.publish({ topic: "t", payload: "kept", retain: true });
    await client.publish({ topic: "t", payload: "other" });
    await client.publish({ topic: "t" });
    await client.publish({ topic: "u", payload: "other" });
    assert.deepEqual(await retained(broker, version), ["t=kept@0"]);
  },
);

eachVersion(
  "3.1.1 [MQTT-3.1.2-7] retained messages stay when their publisher's session ends",
  async (broker, version) => {
    const client = await broker.connect(version);
    await client.publish({ topic: "t", payload: "x", retain: true });
    await client.disconnect();
    await broker.connect(version, { clean: true });
    await broker.advance(10_000_000);
    assert.deepEqual(await retained(broker, version), ["t=x@0"]);
  },
);

eachVersion(
  "3.1.1 [MQTT-3.8.4-3] 5.0 [MQTT-3.8.4-4] subscribing again sends the retained messages again",
  async (broker, version) => {
    const client = await broker.connect(version);
    await client.publish({ topic: "t", payload: "x", retain: true });
    for (let time = 0; time < 3; time++) {
      await client.subscribe(["t"]);
      assert.equal((await client.receivePublish()).retain, true);
      await client.expectNothing();
    }
  },
);

eachVersion(
  "overlapping filters in one SUBSCRIBE each send their retained messages",
  async (broker, version) => {
    const client = await broker.connect(version);
    await client.publish({ topic: "a/b", payload: "x", retain: true });
    await client.send(client.packets.subscribe(1, ["a/+", "a/b"]));
    const all = await client.receiveAll();
    const publishes = all.filter((one) => one.type === 3);
    assert.equal(publishes.length, 2);
    assert.ok(publishes.every((one) => one.topic === "a/b" && one.retain));
  },
);

conformance(
  "5.0 [MQTT-3.3.1-9] [MQTT-3.3.1-10] [MQTT-3.3.1-11] retain handling 0, 1 and 2, for a new subscription and a known one",
  async (broker) => {
    const other = await broker.connect(5, "publisher");
    await other.publish({ topic: "t", payload: "x", retain: true });
    const expected = [[0, 1, 1], [1, 1, 0], [2, 0, 0]] as const;
    for (const [handling, first, second] of expected) {
      const client = await broker.connect(5, "subscriber");
      for (const count of [first, second]) {
        await client.send(client.packets.subscribe(1, [["t", handling << 4]]));
        const [suback, ...publishes] = await client.receiveAll();
        assert.equal(suback.type, 9);
        assert.equal(publishes.length, count, `retain handling ${handling}`);
      }
    }
  },
);

conformance(
  "5.0 [MQTT-3.3.1-10] retain handling 1 asks whether the subscription is new, also in a resumed session",
  async (broker) => {
    const other = await broker.connect(5, "publisher");
    await other.publish({ topic: "t", payload: "x", retain: true });
    const stay = { clean: false, properties: [property.sessionExpiry(100)] };
    const subscribe = async (count: number) => {
      const client = await broker.connect(5, stay);
      await client.send(client.packets.subscribe(1, [["t", 0x10]]));
      const publishes = (await client.receiveAll()).slice(1);
      assert.equal(publishes.length, count);
      return client;
    };
    await (await subscribe(1)).disconnect();
    const resumed = await subscribe(0);
    await resumed.send(resumed.packets.unsubscribe(2, ["t"]));
    await resumed.expectAck(11, 2);
    await resumed.disconnect();
    await subscribe(1);
  },
);

conformance(
  "5.0 [MQTT-3.3.1-13] retain as published passes RETAIN as it came",
  async (broker) => {
    const client = await broker.connect(5, "subscriber");
    await client.subscribe([["t", 0x08]]);
    const other = await broker.connect(5, "publisher");
    for (const retain of [true, false]) {
      await other.publish({ topic: "t", payload: "x", retain });
      assert.equal((await client.receivePublish()).retain, retain);
    }
  },
);

conformance(
  "5.0 a retained message carries its properties and its remaining expiry, then expires",
  async (broker) => {
    const client = await broker.connect(5, "publisher");
    await client.publish({
      topic: "t",
      payload: "x",
      retain: true,
      properties: [property.messageExpiry(100), property.contentType("a")],
    });
    await broker.advance(40_000);
    await client.subscribe(["t"]);
    const publish = await client.receivePublish();
    assert.equal(propertyOf(publish, 0x02), 60);
    assert.equal(propertyOf(publish, 0x03), "a");
    await broker.advance(61_000);
    assert.deepEqual(await retained(broker, 5), []);
  },
);

conformance(
  "5.0 a new retained message above the bound is refused with 0x97, others go on",
  async (broker) => {
    const client = await broker.connect(5);
    for (
      const [topic, code] of [["a", 0x10], ["b", 0x10], ["c", 0x97]] as const
    ) {
      await client.publish({ topic, payload: "x", qos: 1, retain: true });
      await client.expectAck(4, 1, code);
    }
    await client.publish({ topic: "a", payload: "y", qos: 1, retain: true });
    await client.expectAck(4, 1, 0x10);
    assert.deepEqual(await retained(broker, 5), ["a=y@1", "b=x@1"]);
  },
  { retained: { max_messages: 2 } },
);

eachVersion(
  "100 retained messages come whole, in turns with other packets",
  async (broker, version) => {
    const client = await broker.connect(version);
    for (let at = 0; at < 100; at++) {
      client.post(client.packets.publish({
        topic: `r/${at}`,
        payload: `${at}`,
        retain: true,
      }));
    }
    const late = await broker.connect(version, "late");
    await late.send(late.packets.subscribe(1, ["r/#"]), "c0 00");
    const all = await late.receiveAll();
    const topics = all.filter((one) => one.type === 3).map((one) => one.topic);
    assert.equal(new Set(topics).size, 100);
    assert.equal(topics.length, 100);
    assert.equal(all.filter((one) => one.type === 13).length, 1);
  },
);

conformance(
  "a new # over many retained messages does not hold up others",
  async (broker) => {
    const client = await broker.connect(5);
    const count = 20_000;
    const frames = Array.from(
      { length: count },
      (_, at) =>
        client.packets.publish({
          topic: `r/${at % 100}/${at}`,
          payload: `${at}`,
          retain: true,
        }),
    );
    await client.send(...frames);
    const late = await broker.connect(5, "late");
    late.post(late.packets.subscribe(1, ["#"]));
    // Let the retained begin, then ask from elsewhere.
    while (late.waiting < 1000) await turn();
    client.post("c0 00");
    while (client.waiting === 0) await turn();
    const early = late.waiting;
    const all = await late.receiveAll();
    assert.equal(all.length, count + 1);
    const bytes = all.reduce((sum, one) => sum + one.bytes.length, 0);
    assert.ok(early < bytes / 2, `${early} of ${bytes} bytes came first`);
  },
);
