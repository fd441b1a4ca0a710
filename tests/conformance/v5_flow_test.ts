import assert from "node:assert/strict";
import { property } from "../support/bytes.ts";
import { puback, pubcomp, pubrec, pubrel } from "../support/packets.ts";
import { propertyOf } from "../support/read_packet.ts";
import { conformance } from "../support/test_broker.ts";
import type { TestBroker } from "../support/test_broker.ts";

// Sections 3.4 to 3.7 and 4.9: receive maximum, acknowledgements of all lengths
// and with every kind of mistake.

/** A subscriber to `#` at QoS 2 with this receive maximum, and a publisher. */
async function pair(broker: TestBroker, receiveMaximum: number) {
  const client = await broker.connect(5, {
    clientId: "subscriber",
    properties: [property.receiveMaximum(receiveMaximum)],
  });
  await client.subscribe([["#", 2]]);
  const other = await broker.connect(5, "publisher");
  return { client, other };
}

conformance(
  "5.0 [MQTT-3.3.4-9] [MQTT-4.9.0-1] [MQTT-4.9.0-2] no more QoS 1 and 2 than the client's receive maximum",
  async (broker) => {
    const { client, other } = await pair(broker, 3);
    for (let id = 1; id <= 6; id++) {
      await other.publish({
        topic: "t",
        payload: `${id}`,
        qos: 1 + id % 2,
        id,
      });
    }
    const first = await client.receiveAll();
    assert.deepEqual(first.map((one) => one.payload), ["1", "2", "3"]);
    // A PUBACK frees a place.
    await client.send(puback(first[1].packetId));
    const fourth = await client.receivePublish();
    assert.equal(fourth.payload, "4");
    // A PUBREC does not, the PUBCOMP does.
    await client.send(pubrec(first[0].packetId));
    await client.expectAck(6, first[0].packetId);
    await client.expectNothing();
    await client.send(pubcomp(first[0].packetId));
    assert.equal((await client.receivePublish()).payload, "5");
    // A PUBREC with a failure does too.
    await client.send(pubrec(first[2].packetId, 0x80));
    assert.equal((await client.receivePublish()).payload, "6");
    await client.expectNothing();
  },
);

conformance(
  "5.0 [MQTT-3.3.4-10] [MQTT-4.9.0-3] a full window holds up neither QoS 0 nor other packets",
  async (broker) => {
    const { client, other } = await pair(broker, 1);
    await other.publish({ topic: "t", payload: "1", qos: 1 });
    await other.publish({ topic: "t", payload: "2", qos: 1 });
    const held = await client.receivePublish();
    await other.publish({ topic: "u", payload: "0" });
    assert.equal((await client.receivePublish()).payload, "0");
    await client.expectAlive();
    await client.subscribe([["v", 0]]);
    await client.publish({ topic: "w", qos: 1, id: 5 });
    await client.expectAck(4, 5);
    await client.send(puback(held.packetId));
    assert.equal((await client.receivePublish()).payload, "2");
  },
);

conformance(
  "5.0 the broker's own bound of messages in flight holds too",
  async (broker) => {
    const { client, other } = await pair(broker, 100);
    for (let id = 1; id <= 5; id++) {
      await other.publish({ topic: "t", qos: 1, id });
    }
    assert.equal((await client.receiveAll()).length, 2);
  },
  { limits: { max_inflight: 2 } },
);

conformance(
  "5.0 [MQTT-3.3.4-7] more QoS 2 than the broker's receive maximum gets 0x93",
  async (broker) => {
    const { client, connack } = await broker.join(5);
    assert.equal(propertyOf(connack, 0x21), 2);
    for (const id of [1, 2]) {
      await client.publish({ topic: "t", qos: 2, id });
      await client.expectAck(5, id);
    }
    // QoS 0 does not count, nor a message that is sent again.
    await client.publish({ topic: "t" });
    await client.publish({ topic: "t", qos: 2, id: 2, dup: true });
    await client.expectAck(5, 2);
    await client.send(pubrel(1));
    await client.expectAck(7, 1);
    await client.publish({ topic: "t", qos: 2, id: 3 });
    await client.expectAck(5, 3);
    await client.publish({ topic: "t", qos: 2, id: 4 });
    await client.expectDisconnect(0x93);
  },
  { limits: { receive_maximum: 2 } },
);

conformance(
  "5.0 [MQTT-3.1.2-25] without a receive maximum 65,535 is meant, within the broker's bound",
  async (broker) => {
    const client = await broker.connect(5, "subscriber");
    await client.subscribe([["#", 1]]);
    const other = await broker.connect(5, "publisher");
    for (let id = 1; id <= 50; id++) {
      await other.publish({ topic: "t", qos: 1, id });
    }
    assert.equal((await client.receiveAll()).length, 50);
  },
);

conformance(
  "5.0 expired messages are passed over when the window opens",
  async (broker) => {
    const { client, other } = await pair(broker, 1);
    const publish = (payload: string, id: number, seconds: number) =>
      other.publish({
        topic: "t",
        payload,
        qos: 1,
        id,
        properties: [property.messageExpiry(seconds)],
      });
    await publish("held", 1, 1000);
    for (const id of [2, 3, 4]) await publish("short", id, 10);
    await publish("long", 5, 1000);
    const held = await client.receivePublish();
    await broker.advance(11_000);
    await client.send(puback(held.packetId));
    const next = await client.receivePublish();
    assert.equal(next.payload, "long");
    assert.equal(propertyOf(next, 0x02), 989);
    await client.expectNothing();
  },
);

conformance(
  "5.0 acknowledgements come in lengths 2, 3, 4 and more",
  async (broker) => {
    const { client, other } = await pair(broker, 10);
    const tails = [
      (id: number) => puback(id),
      (id: number) => puback(id, 0),
      (id: number) => puback(id, 0x10),
      (id: number) => puback(id, 0, []),
      (id: number) => puback(id, 0, [property.reasonString("fine")]),
      (id: number) => puback(id, 0x80, [property.user("a", "b")]),
    ];
    for (const make of tails) {
      await other.publish({ topic: "t", qos: 1 });
      await client.send(make((await client.receivePublish()).packetId));
      await client.expectAlive();
    }
    await other.publish({ topic: "t", qos: 2, id: 2 });
    const { packetId } = await client.receivePublish();
    await client.send(pubrec(packetId, 0, [property.reasonString("x")]));
    await client.expectAck(6, packetId, 0);
    await client.send(pubcomp(packetId, 0, []));
    await client.expectAlive();
    await client.publish({ topic: "x", qos: 2, id: 3 });
    await client.receiveAll();
    await client.send(pubrel(3, 0, [property.user("a", "b")]));
    await client.expectAck(7, 3, 0);
  },
);

conformance(
  "5.0 [MQTT-3.4.2-1] [MQTT-3.5.2-1] [MQTT-3.6.2-1] [MQTT-3.7.2-1] a reason code or property that is not the packet's own is an error",
  async (broker) => {
    const bad = [
      puback(1, 0x92),
      puback(1, 0x01),
      pubrec(1, 0x92),
      pubrel(1, 0x10),
      pubcomp(1, 0x87),
      puback(1, 0, [property.contentType("x")]),
      pubrel(1, 0, ["1f 0001 61 1f 0001 61"]),
      puback(1, 0, ["7e 00"]),
    ];
    for (const bytes of bad) {
      const { client, other } = await pair(broker, 10);
      await other.publish({ topic: "t", qos: 1 });
      await client.receivePublish();
      await client.send(bytes);
      await client.expectDisconnect(0x81, 0x82);
    }
  },
);

conformance(
  "5.0 [MQTT-3.6.2-1] [MQTT-3.7.2-1] PUBREL of an unknown id gets PUBCOMP 0x92, PUBREC of one PUBREL 0x92",
  async (broker) => {
    const client = await broker.connect(5);
    await client.send(pubrel(77));
    await client.expectAck(7, 77, 0x92);
    await client.send(pubrec(78));
    await client.expectAck(6, 78, 0x92);
    // There is no answer to these two.
    await client.send(puback(79), pubcomp(80));
    await client.expectAlive();
  },
);

conformance(
  "5.0 [MQTT-3.4.2-2] [MQTT-3.5.2-2] [MQTT-3.9.2-1] [MQTT-3.11.2-1] no reason string beyond the client's maximum packet size",
  async (broker) => {
    const client = await broker.connect(5, {
      properties: [property.maximumPacketSize(10)],
    }).catch(() => null);
    // The CONNACK itself may not fit: then there is nothing to see.
    if (client === null) return;
    const bad = {
      topic: "t",
      payload: new Uint8Array([255]),
      properties: [property.payloadFormat(1)],
    };
    await client.publish({ ...bad, qos: 1, id: 1 });
    await client.publish({ ...bad, qos: 2, id: 2 });
    await client.send(client.packets.subscribe(3, ["a/#/b"]));
    await client.send(client.packets.unsubscribe(4, ["a"]));
    for (const packet of await client.receiveAll()) {
      assert.ok(packet.bytes.length <= 10);
    }
  },
);

conformance(
  "5.0 [MQTT-3.1.2-24] a client that takes no SUBACK or UNSUBACK of the size it asks for gets 0x95, and nothing has changed",
  async (broker) => {
    const most = 60;
    const stay = {
      clientId: "c",
      clean: false,
      properties: [
        property.sessionExpiry(100),
        property.maximumPacketSize(most),
      ],
    };
    // Type, length, packet id and property length take five bytes.
    const filters = Array.from({ length: most - 4 }, (_, at) => `t/${at}`);
    const first = await broker.connect(5, stay);
    await first.send(first.packets.subscribe(1, filters));
    await first.expectDisconnect(0x95);
    const second = await broker.connect(5, stay);
    await second.publish({ topic: "t/0", qos: 1, id: 1 });
    await second.expectAck(4, 1, 0x10);
    await second.subscribe(filters.slice(1));
    await second.send(second.packets.unsubscribe(2, filters));
    await second.expectDisconnect(0x95);
    const third = await broker.connect(5, stay);
    await third.publish({ topic: "t/1" });
    assert.equal((await third.receivePublish()).topic, "t/1");
    await third.send(third.packets.unsubscribe(3, filters.slice(1)));
    assert.equal((await third.receive()).bytes.length, most);
  },
);
