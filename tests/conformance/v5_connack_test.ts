import assert from "node:assert/strict";
import { property } from "../support/bytes.ts";
import { propertyOf } from "../support/read_packet.ts";
import { conformance } from "../support/test_broker.ts";

// Section 3.2 of MQTT 5.0: CONNACK tells what the broker limits, and the
// broker then holds the client to it.

conformance(
  "5.0 [MQTT-3.2.2-1] [MQTT-3.2.2-8] the acknowledge flags are 0 or 1, the code one of the table",
  async (broker) => {
    const stay = { clean: false, properties: [property.sessionExpiry(100)] };
    const { client, connack } = await broker.join(5, stay);
    assert.deepEqual([...connack.bytes.slice(2, 4)], [0, 0]);
    await client.disconnect();
    const again = await broker.join(5, stay);
    assert.deepEqual([...again.connack.bytes.slice(2, 4)], [1, 0]);
  },
);

conformance(
  "5.0 CONNACK tells exactly what the broker limits",
  async (broker) => {
    const { connack } = await broker.join(5, {
      properties: [property.sessionExpiry(1000)],
    });
    const told = Object.fromEntries(connack.properties) as Record<
      number,
      number
    >;
    assert.equal(told[0x11], 500, "session expiry interval");
    assert.equal(told[0x21], 7, "receive maximum");
    assert.equal(told[0x22], 3, "topic alias maximum");
    assert.equal(told[0x24], 1, "maximum QoS");
    assert.equal(told[0x25], 0, "retain available");
    assert.equal(told[0x27], 5000, "maximum packet size");
    assert.equal(told[0x28], 0, "wildcard subscription available");
    assert.equal(told[0x2a], 0, "shared subscription available");
  },
  {
    limits: {
      receive_maximum: 7,
      topic_alias_maximum: 3,
      max_packet_size: 5000,
    },
    session: { max_expiry: 500 },
    retained: { available: false },
    shared: { available: false },
    protocol: { max_qos: 1, wildcard_available: false },
  },
);

conformance(
  "5.0 CONNACK is silent about what is not limited",
  async (broker) => {
    const { connack } = await broker.join(5, {
      properties: [property.sessionExpiry(1000)],
    });
    for (const id of [0x11, 0x12, 0x13, 0x24]) {
      assert.equal(propertyOf(connack, id), undefined, `property ${id}`);
    }
    for (const id of [0x25, 0x28, 0x29, 0x2a]) {
      assert.notEqual(propertyOf(connack, id), 0, `property ${id}`);
    }
  },
);

conformance(
  "5.0 [MQTT-3.2.2-9] [MQTT-3.2.2-10] [MQTT-3.2.2-11] a maximum QoS of 1 is told, subscriptions at 2 taken, QoS 2 ends the connection",
  async (broker) => {
    const { client, connack } = await broker.join(5);
    assert.equal(propertyOf(connack, 0x24), 1);
    await client.send(
      client.packets.subscribe(1, [["t", 0], ["u", 1], ["v", 2]]),
    );
    const { codes } = await client.receive();
    assert.ok(codes.every((code) => code < 0x80));
    await client.publish({ topic: "u", qos: 1 });
    const packets = await client.receiveAll();
    assert.deepEqual(packets.map((one) => one.type).sort(), [3, 4]);
    await client.publish({ topic: "v", qos: 2 });
    await client.expectDisconnect(0x9b);
  },
  { protocol: { max_qos: 1 } },
);

conformance(
  "5.0 [MQTT-3.2.2-12] a will above the maximum QoS is refused with 0x9B",
  async (broker) => {
    const client = broker.open(5);
    const will = { topic: "w", payload: "x", qos: 2 };
    await client.send(client.packets.connect({ will }));
    await client.expectRefused(0x9b);
    await broker.connect(5, { will: { ...will, qos: 1 } });
  },
  { protocol: { max_qos: 1 } },
);

conformance(
  "5.0 [MQTT-3.2.2-13] [MQTT-3.2.2-14] without retain a retained will is refused with 0x9A, a retained PUBLISH too",
  async (broker) => {
    const refused = broker.open(5);
    const will = { topic: "w", payload: "x", retain: true };
    await refused.send(refused.packets.connect({ will }));
    await refused.expectRefused(0x9a);
    const client = await broker.connect(5);
    await client.publish({ topic: "t", retain: true });
    await client.expectDisconnect(0x9a);
  },
  { retained: { available: false } },
);

conformance(
  "5.0 [MQTT-3.2.2-15] a packet above the broker's maximum gets 0x95, from its header alone",
  async (broker) => {
    const { client, connack } = await broker.join(5);
    assert.equal(propertyOf(connack, 0x27), 1024);
    const most = 1024 - 3 - 4;
    await client.publish({ topic: "t", payload: "x".repeat(most) });
    await client.expectNothing();
    await client.send("30 fe 07");
    await client.expectDisconnect(0x95);
  },
  { limits: { max_packet_size: 1024 } },
);

conformance(
  "5.0 [MQTT-3.2.2-19] no CONNACK above the client's maximum packet size",
  async (broker) => {
    const client = broker.open(5);
    await client.send(client.packets.connect({
      flags: 2,
      properties: [property.maximumPacketSize(60)],
    }));
    for (const one of await client.receiveAll()) {
      assert.ok(one.bytes.length <= 60);
    }
    const refused = broker.open(5);
    await refused.send(refused.packets.connect({
      clientId: "x".repeat(2000),
      properties: [property.maximumPacketSize(10)],
    }));
    // The code still fits, its reason string does not.
    const { bytes, properties } = await refused.expectRefused(0x85);
    assert.ok(bytes.length <= 10);
    assert.deepEqual(properties, []);
  },
);

conformance(
  "5.0 [MQTT-3.1.2-24] a CONNECT whose CONNACK is too large for it takes nothing over, publishes nothing and gets 0x95",
  async (broker) => {
    const watcher = await broker.connect(5, "watcher");
    await watcher.subscribe(["w/#"]);
    const { client: first, connack } = await broker.join(5, {
      clientId: "c",
      properties: [property.sessionExpiry(100)],
      will: { topic: "w/first", payload: "x" },
    });
    await first.subscribe([["t", 1]]);
    // The session present flag takes no room: one byte less never fits.
    const most = connack.bytes.length - 1;
    for (const clean of [true, false]) {
      const second = broker.open(5);
      await second.send(second.packets.connect({
        clientId: "c",
        clean,
        properties: [
          property.sessionExpiry(100),
          property.maximumPacketSize(most),
        ],
        will: { topic: "w/second", payload: "x" },
      }));
      await second.expectRefused(0x95);
    }
    await watcher.expectNothing();
    await watcher.publish({ topic: "t", qos: 1, payload: "still here" });
    await watcher.expectAck(4, 1, 0);
    assert.equal((await first.receivePublish()).payload, "still here");
    const { connack: fits } = await broker.join(5, {
      clientId: "c",
      clean: false,
      properties: [
        property.sessionExpiry(100),
        property.maximumPacketSize(most + 1),
      ],
    });
    assert.equal(fits.sessionPresent, true);
    assert.equal((await watcher.receivePublish()).topic, "w/first");
  },
  { session: { max_expiry: 50 } },
);

conformance(
  "5.0 [MQTT-3.1.2-28] no response information unless it was asked for",
  async (broker) => {
    for (const wish of [[], [property.requestResponse(0)]]) {
      const { connack } = await broker.join(5, { properties: wish });
      assert.equal(propertyOf(connack, 0x1a), undefined);
    }
  },
);

conformance(
  "5.0 [MQTT-3.1.2-29] with problem information off only CONNACK and DISCONNECT give reasons",
  async (broker) => {
    const client = await broker.connect(5, {
      properties: [property.requestProblem(0)],
    });
    // Each of these would otherwise be a chance to explain.
    await client.send(client.packets.subscribe(1, ["a/#/b", "$share//x"]));
    await client.send(client.packets.unsubscribe(2, ["nothing"]));
    await client.publish({ topic: "t", qos: 1, id: 3 });
    await client.publish({
      topic: "t",
      qos: 1,
      id: 4,
      payload: new Uint8Array([255]),
      properties: [property.payloadFormat(1)],
    });
    await client.send("62 02 00 63");
    for (const packet of await client.receiveAll()) {
      if (packet.type === 2 || packet.type === 14) continue;
      assert.equal(propertyOf(packet, 0x1f), undefined);
      assert.equal(propertyOf(packet, 0x26), undefined);
    }
  },
);
