import assert from "node:assert/strict";
import { hex, packet, property } from "../support/bytes.ts";
import { pubrel } from "../support/packets.ts";
import { testRules } from "../support/rules.ts";
import { conformance, eachVersion } from "../support/test_broker.ts";

// Section 3.3: the packet, its answer, and how it reaches who subscribed.
// Retained messages, properties and flow have files of their own.

eachVersion(
  "3.1.1 [MQTT-3.3.1-2] [MQTT-4.3.1-1] 5.0 [MQTT-3.3.1-2] [MQTT-4.3.1-1] DUP with QoS 0 ends the connection, and is never sent",
  async (broker, version) => {
    const client = await broker.connect(version);
    await client.subscribe(["t"]);
    await client.publish({ topic: "t", qos: 1 });
    const all = await client.receiveAll();
    const delivered = all.find((one) => one.type === 3)!;
    assert.deepEqual([delivered.qos, delivered.dup], [0, false]);
    await client.publish({ topic: "t", dup: true });
    await client.expectDisconnect(0x81, 0x82);
  },
);

eachVersion(
  "3.1.1 [MQTT-3.3.1-3] 5.0 [MQTT-3.3.1-3] DUP does not pass from publisher to subscriber",
  async (broker, version) => {
    const client = await broker.connect(version, "subscriber");
    await client.subscribe([["t", 2]]);
    const other = await broker.connect(version, "publisher");
    for (const qos of [1, 2]) {
      await other.publish({ topic: "t", qos, id: qos, dup: true });
      assert.equal((await client.receivePublish()).dup, false);
    }
  },
);

eachVersion(
  "3.1.1 [MQTT-3.3.1-4] 5.0 [MQTT-3.3.1-4] QoS 3 ends the connection",
  async (broker, version) => {
    const client = await broker.connect(version);
    await client.publish({ topic: "t", qos: 3 });
    await client.expectDisconnect(0x81);
  },
);

eachVersion(
  "3.1.1 [MQTT-3.3.2-1] 5.0 [MQTT-3.3.2-1] a PUBLISH without a whole topic name",
  async (broker, version) => {
    for (const body of ["", "00", "00 02 74", "ff ff 74"]) {
      const client = await broker.connect(version);
      await client.send(packet(0x30, body));
      await client.expectDisconnect(0x81);
    }
  },
);

eachVersion(
  "3.1.1 [MQTT-3.3.2-2] [MQTT-4.7.1-1] 5.0 [MQTT-3.3.2-2] [MQTT-4.7.0-1] a wildcard in a topic name ends the connection",
  async (broker, version) => {
    for (const topic of ["#", "+", "a/#", "a/+/b", "a+", "b#"]) {
      const client = await broker.connect(version);
      await client.publish({ topic, qos: 1 });
      await client.expectDisconnect(0x90, 0x81, 0x82);
    }
  },
);

eachVersion(
  "3.1.1 [MQTT-4.7.3-1] 5.0 [MQTT-4.7.3-1] an empty topic name ends the connection",
  async (broker, version) => {
    const client = await broker.connect(version);
    await client.publish({ topic: "" });
    await client.expectDisconnect(0x90, 0x81, 0x82);
  },
);

eachVersion(
  "3.1.1 [MQTT-3.3.2-3] 5.0 [MQTT-3.3.2-3] only topics that match are delivered, by their own name",
  async (broker, version) => {
    const client = await broker.connect(version, "subscriber");
    await client.subscribe(["a/+", "b/#"]);
    const other = await broker.connect(version, "publisher");
    for (const topic of ["a", "a/b", "a/b/c", "b", "b/c/d", "c"]) {
      await other.publish({ topic });
    }
    const topics = (await client.receiveAll()).map((one) => one.topic);
    assert.deepEqual(topics, ["a/b", "b", "b/c/d"]);
  },
);

eachVersion(
  "3.1.1 [MQTT-3.3.4-1] 5.0 [MQTT-3.3.4-1] no answer to QoS 0, PUBACK to QoS 1, PUBREC to QoS 2",
  async (broker, version) => {
    const client = await broker.connect(version);
    await client.publish({ topic: "t" });
    await client.expectNothing();
    await client.publish({ topic: "t", qos: 1, id: 7 });
    await client.expectAck(4, 7);
    await client.publish({ topic: "t", qos: 2, id: 7 });
    await client.expectAck(5, 7);
    await client.send(pubrel(7));
    await client.expectAck(7, 7);
    await client.expectNothing();
  },
);

eachVersion(
  "3.1.1 [MQTT-3.3.5-1] 5.0 [MQTT-3.3.4-2] overlapping filters deliver once, at the highest QoS",
  async (broker, version) => {
    const client = await broker.connect(version, "subscriber");
    await client.subscribe([["a/#", 1], ["a/+", 2], ["a/b", 0]]);
    const other = await broker.connect(version, "publisher");
    await other.publish({ topic: "a/b", qos: 2 });
    const { qos } = await client.receivePublish();
    assert.equal(qos, 2);
    await client.expectNothing();
  },
);

eachVersion(
  "3.1.1 [MQTT-3.3.5-2] a forbidden PUBLISH is acknowledged, not delivered",
  async (broker, version) => {
    const watcher = await broker.connect(version, "watcher");
    await watcher.subscribe(["#"]);
    const client = await broker.connect(version);
    const code = version === 5 ? 0x87 : 0;
    await client.publish({ topic: "secret" });
    await client.publish({ topic: "secret", qos: 1, id: 1, retain: true });
    await client.expectAck(4, 1, code);
    await client.publish({ topic: "secret", qos: 2, id: 2 });
    await client.expectAck(5, 2, code);
    await watcher.expectNothing();
    await client.publish({ topic: "open", qos: 1, id: 3 });
    await client.expectAck(4, 3, 0);
    assert.equal((await watcher.receivePublish()).topic, "open");
  },
  {
    authorizer: testRules({ publish: (topic) => topic !== "secret" }),
  },
);

eachVersion(
  "3.1.1 [MQTT-3.8.4-6] 5.0 [MQTT-3.8.4-8] every pair of QoS delivers at the lower of the two",
  async (broker, version) => {
    const client = await broker.connect(version, "subscriber");
    await client.subscribe([["0", 0], ["1", 1], ["2", 2]]);
    const other = await broker.connect(version, "publisher");
    let id = 0;
    for (const granted of [0, 1, 2]) {
      for (const qos of [0, 1, 2]) {
        await other.publish({ topic: `${granted}`, qos, id: ++id });
        const publish = await client.receivePublish();
        assert.equal(publish.qos, Math.min(granted, qos));
      }
    }
  },
);

eachVersion(
  "payloads of every size go through whole, empty ones too",
  async (broker, version) => {
    const client = await broker.connect(version);
    await client.subscribe([["t", 1]]);
    for (const size of [0, 1, 63, 64, 120, 127, 128, 16_384, 300_000]) {
      const payload = "x".repeat(size);
      await client.publish({ topic: "t", payload });
      assert.equal((await client.receivePublish()).payload, payload);
      await client.publish({
        topic: "t",
        payload,
        qos: 1,
        id: size + 1 & 255 | 1,
      });
      const all = await client.receiveAll();
      const publish = all.find((one) => one.type === 3)!;
      assert.equal(publish.payload, payload);
      await client.send("40 02", Uint8Array.of(0, publish.packetId));
    }
  },
);

eachVersion(
  "packets before a bad one still count",
  async (broker, version) => {
    const watcher = await broker.connect(version, "watcher");
    await watcher.subscribe(["t"]);
    const client = await broker.connect(version);
    await client.send(
      client.packets.publish({ topic: "t", payload: "good" }),
      client.packets.publish({ topic: "t", qos: 3 }),
      client.packets.publish({ topic: "t", payload: "behind" }),
    );
    await client.expectDisconnect(0x81);
    assert.equal((await watcher.receivePublish()).payload, "good");
    await watcher.expectNothing();
  },
);

conformance(
  "5.0 PUBACK and PUBREC say 0x10 when nobody is subscribed",
  async (broker) => {
    const client = await broker.connect(5);
    await client.publish({ topic: "t", qos: 1, id: 1 });
    await client.expectAck(4, 1, 0x10);
    await client.publish({ topic: "t", qos: 2, id: 2 });
    await client.expectAck(5, 2, 0x10);
    await client.send(pubrel(2));
    await client.expectAck(7, 2, 0);
    const other = await broker.connect(5, "other");
    await other.subscribe(["t"]);
    await client.publish({ topic: "t", qos: 1, id: 3 });
    await client.expectAck(4, 3, 0);
  },
);

conformance(
  "5.0 [MQTT-3.4.2-1] [MQTT-3.5.2-1] a payload that is not the UTF-8 it is said to be gets 0x99",
  async (broker) => {
    const watcher = await broker.connect(5, "watcher");
    await watcher.subscribe(["t"]);
    const client = await broker.connect(5);
    const bad = {
      topic: "t",
      payload: hex("61 ff"),
      properties: [property.payloadFormat(1)],
    };
    await client.publish({ ...bad, qos: 1, id: 1 });
    await client.expectAck(4, 1, 0x99);
    await client.publish({ ...bad, qos: 2, id: 2 });
    await client.expectAck(5, 2, 0x99);
    await client.publish({ ...bad, payload: "é", qos: 1, id: 3 });
    await client.expectAck(4, 3, 0);
    assert.equal((await watcher.receivePublish()).payload, "é");
    await client.publish(bad);
    await client.expectDisconnect(0x99);
    await watcher.expectNothing();
  },
);
