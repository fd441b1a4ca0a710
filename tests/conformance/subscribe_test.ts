import assert from "node:assert/strict";
import { packet, property } from "../support/bytes.ts";
import { propertiesOf, propertyOf } from "../support/read_packet.ts";
import { testRules } from "../support/rules.ts";
import { conformance, eachVersion } from "../support/test_broker.ts";

// Sections 3.8 and 3.9: SUBSCRIBE, its options, and SUBACK.

eachVersion(
  "3.1.1 [MQTT-3.8.3-3] [MQTT-3.10.3-2] 5.0 [MQTT-3.8.3-2] [MQTT-3.10.3-2] SUBSCRIBE and UNSUBSCRIBE without a filter end the connection",
  async (broker, version) => {
    const { packets } = broker.open(version);
    for (
      const bytes of [packets.subscribe(1, []), packets.unsubscribe(1, [])]
    ) {
      const client = await broker.connect(version);
      await client.send(bytes);
      await client.expectDisconnect(0x82, 0x81);
    }
  },
);

eachVersion(
  "SUBSCRIBE and UNSUBSCRIBE cut short end the connection",
  async (broker, version) => {
    const properties = version === 5 ? "00" : "";
    const bad = [
      packet(0x82, ""),
      packet(0x82, "00"),
      packet(0x82, "00 01", properties, "00 01 74"),
      packet(0x82, "00 01", properties, "00 05 74 00"),
      packet(0xa2, "00 01", properties, "00 05 74"),
      packet(0xa2, "00 01", properties, "00 01 74 00"),
    ];
    for (const bytes of bad) {
      const client = await broker.connect(version);
      await client.send(bytes);
      await client.expectDisconnect(0x81);
    }
  },
);

eachVersion(
  "3.1.1 [MQTT-3.8.3-4] 5.0 [MQTT-3.8.3-5] reserved bits or QoS 3 in a SUBSCRIBE end the connection",
  async (broker, version) => {
    const bad = version === 4
      ? [3, 4, 0x10, 0x80, 0x41]
      : [3, 0x40, 0x80, 0x30];
    for (const options of bad) {
      const client = await broker.connect(version);
      await client.send(client.packets.subscribe(1, [["t", options]]));
      await client.expectDisconnect(0x81, 0x82);
    }
  },
);

eachVersion(
  "3.1.1 [MQTT-3.8.3-2] 5.0 wildcards are supported",
  async (broker, version) => {
    const client = await broker.connect(version);
    await client.subscribe([["a/+/c", 1], ["b/#", 0]]);
    await client.publish({ topic: "a/x/c" });
    await client.publish({ topic: "b" });
    assert.equal((await client.receiveAll()).length, 2);
  },
);

eachVersion(
  "3.1.1 [MQTT-3.8.3-2] without wildcards such filters are refused, others are not",
  async (broker, version) => {
    const client = await broker.connect(version);
    await client.send(client.packets.subscribe(1, ["a/+", "a", "#"]));
    const no = version === 5 ? 0xa2 : 0x80;
    assert.deepEqual((await client.receive()).codes, [no, 0, no]);
  },
  { protocol: { wildcard_available: false } },
);

eachVersion(
  "3.1.1 [MQTT-3.8.4-3] 5.0 [MQTT-3.8.4-3] the same filter again replaces the subscription",
  async (broker, version) => {
    const client = await broker.connect(version, "subscriber");
    const other = await broker.connect(version, "publisher");
    for (const qos of [0, 2, 1]) {
      await client.subscribe([["t", qos]]);
      await other.publish({ topic: "t", qos: 2, id: qos + 1 });
      assert.equal((await client.receivePublish()).qos, qos);
      await client.expectNothing();
    }
    await client.send(client.packets.unsubscribe(9, ["t"]));
    await client.expectAck(11, 9);
    await other.publish({ topic: "t" });
    await client.expectNothing();
  },
);

eachVersion(
  "3.1.1 [MQTT-3.8.4-4] [MQTT-3.8.4-5] [MQTT-3.9.3-1] 5.0 [MQTT-3.8.4-5] [MQTT-3.8.4-6] [MQTT-3.8.4-7] [MQTT-3.9.3-1] many filters: one SUBACK with a code for each, in their order",
  async (broker, version) => {
    const client = await broker.connect(version);
    await client.send(client.packets.subscribe(5, [
      ["a", 2],
      ["a", 1],
      ["denied", 1],
      ["b/#", 0],
      ["c", 2],
    ]));
    const { packetId, codes } = await client.receive();
    assert.equal(packetId, 5);
    assert.deepEqual(codes, [2, 1, version === 5 ? 0x87 : 0x80, 0, 2]);
    await client.publish({ topic: "a", qos: 2 });
    const publish = (await client.receiveAll()).find((one) => one.type === 3);
    assert.equal(publish?.qos, 1, "the later of two equal filters holds");
  },
  {
    authorizer: testRules({ subscribe: (filter) => filter !== "denied" }),
  },
);

eachVersion(
  "3.1.1 [MQTT-3.9.3-2] 5.0 [MQTT-3.9.3-2] only codes of the SUBACK table are used",
  async (broker, version) => {
    const client = await broker.connect(version);
    await client.send(client.packets.subscribe(1, [
      ["t", 0],
      ["t", 1],
      ["t", 2],
      ["$share/g/t", 1],
      ["denied", 0],
      "a".repeat(101),
    ]));
    const table = version === 5
      ? [0, 1, 2, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2]
      : [0, 1, 2, 0x80];
    for (const code of (await client.receive()).codes) {
      assert.ok(table.includes(code), `code ${code}`);
    }
  },
  {
    limits: { max_topic_length: 100 },
    authorizer: testRules({ subscribe: (filter) => filter !== "denied" }),
  },
);

eachVersion(
  "a session holds no more subscriptions than its bound",
  async (broker, version) => {
    const client = await broker.connect(version);
    await client.send(client.packets.subscribe(1, ["a", "b", "c", "a"]));
    const no = version === 5 ? 0x97 : 0x80;
    assert.deepEqual((await client.receive()).codes, [0, 0, no, 0]);
    await client.send(client.packets.unsubscribe(2, ["a"]));
    await client.expectAck(11, 2);
    await client.subscribe(["c"]);
  },
  { limits: { max_subscriptions_per_session: 2 } },
);

conformance(
  "5.0 [MQTT-3.8.3-3] no local: nothing back to its publisher, everything to others",
  async (broker) => {
    const client = await broker.connect(5, "me");
    await client.subscribe([["t", 0x04]]);
    const other = await broker.connect(5, "other");
    await other.subscribe([["t", 0x04]]);
    await client.publish({ topic: "t", payload: "mine" });
    assert.equal((await other.receivePublish()).payload, "mine");
    await client.expectNothing();
    await client.subscribe(["#"]);
    await client.publish({ topic: "t", payload: "mine" });
    assert.equal((await client.receivePublish()).payload, "mine");
    await client.expectNothing();
  },
);

conformance(
  "5.0 [MQTT-3.8.3-3] no local: no retained message back to its publisher",
  async (broker) => {
    const client = await broker.connect(5, "me");
    await client.publish({ topic: "t", payload: "mine", retain: true });
    const other = await broker.connect(5, "other");
    await other.publish({ topic: "u", payload: "theirs", retain: true });
    await client.subscribe([["#", 0x04]]);
    assert.equal((await client.receivePublish()).payload, "theirs");
    await client.expectNothing();
  },
);

conformance(
  "5.0 [MQTT-3.8.3-4] no local on a shared subscription is an error",
  async (broker) => {
    const client = await broker.connect(5);
    await client.send(client.packets.subscribe(1, [["$share/g/t", 0x04]]));
    await client.expectDisconnect(0x82);
  },
);

conformance(
  "5.0 [MQTT-3.3.4-3] [MQTT-3.3.4-4] a single copy has the identifiers of all matching subscriptions",
  async (broker) => {
    const client = await broker.connect(5);
    await client.subscribe([["a/#", 1]], [property.subscriptionIdentifier(1)]);
    await client.subscribe(["a/+"], [
      property.subscriptionIdentifier(268_435_455),
    ]);
    await client.subscribe(["a/b"]);
    await client.subscribe(["c"], [property.subscriptionIdentifier(9)]);
    await client.publish({ topic: "a/b", payload: "x" });
    const publish = await client.receivePublish();
    const ids = propertiesOf(publish, 0x0b) as number[];
    assert.deepEqual(ids.sort((a, b) => a - b), [1, 268_435_455]);
    await client.expectNothing();
  },
);

conformance(
  "5.0 subscribing again changes the identifier, or removes it",
  async (broker) => {
    const client = await broker.connect(5);
    const identifier = async () => {
      await client.publish({ topic: "t" });
      return propertyOf(await client.receivePublish(), 0x0b);
    };
    await client.subscribe(["t"], [property.subscriptionIdentifier(5)]);
    assert.equal(await identifier(), 5);
    await client.subscribe(["t"], [property.subscriptionIdentifier(6)]);
    assert.equal(await identifier(), 6);
    await client.subscribe(["t"]);
    assert.equal(await identifier(), undefined);
  },
);

conformance(
  "5.0 a subscription identifier of 0, or two of them, is an error",
  async (broker) => {
    for (const digits of ["0b 00", "0b 01 0b 02"]) {
      const client = await broker.connect(5);
      await client.send(client.packets.subscribe(1, ["t"], [digits]));
      await client.expectDisconnect(0x82);
    }
  },
);

conformance(
  "5.0 a retained message carries the identifier of the subscription that asked",
  async (broker) => {
    const client = await broker.connect(5);
    await client.publish({ topic: "t", payload: "x", retain: true });
    await client.subscribe(["#"], [property.subscriptionIdentifier(7)]);
    assert.equal(propertyOf(await client.receivePublish(), 0x0b), 7);
  },
);

conformance(
  "5.0 [MQTT-3.8.4-4] nothing is lost while a subscription is replaced",
  async (broker) => {
    const client = await broker.connect(5, "subscriber");
    await client.subscribe([["t", 1]]);
    const other = await broker.connect(5, "publisher");
    for (let at = 1; at <= 10; at++) {
      other.post(other.packets.publish({ topic: "t", qos: 1, id: at }));
      client.post(client.packets.subscribe(at, [["t", 1]]));
    }
    const all = await client.receiveAll();
    assert.equal(all.filter((one) => one.type === 3).length, 10);
    assert.equal(all.filter((one) => one.type === 9).length, 10);
  },
);
