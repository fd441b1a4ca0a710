import assert from "node:assert/strict";
import { hex, join, property, utf8 } from "../support/bytes.ts";
import type { Bytes } from "../support/bytes.ts";
import { puback } from "../support/packets.ts";
import { propertiesOf, propertyOf } from "../support/read_packet.ts";
import type { ReadPacket } from "../support/read_packet.ts";
import { conformance } from "../support/test_broker.ts";
import type { TestBroker } from "../support/test_broker.ts";

// Section 3.3.2.3: the properties of a PUBLISH on their way through, message
// expiry, and the size that a receiver allows once properties are added.

/** What a subscriber at QoS `qos` gets of a PUBLISH with `properties`. */
async function forwarded(
  broker: TestBroker,
  properties: readonly Bytes[],
  qos = 0,
): Promise<ReadPacket> {
  const client = await broker.connect(5, "subscriber");
  await client.subscribe([["t", qos]]);
  const other = await broker.connect(5, "publisher");
  await other.publish({ topic: "t", payload: "p", qos, properties });
  return await client.receivePublish();
}

const UNALTERED: readonly [
  name: string,
  id: number,
  sent: Bytes,
  got: unknown,
][] = [
  [
    "5.0 [MQTT-3.3.2-4] payload format indicator",
    0x01,
    property.payloadFormat(1),
    1,
  ],
  [
    "5.0 [MQTT-3.3.2-15] response topic",
    0x08,
    property.responseTopic("answer/here"),
    "answer/here",
  ],
  [
    "5.0 [MQTT-3.3.2-16] correlation data",
    0x09,
    property.correlationData(hex("00 ff 80")),
    hex("00 ff 80"),
  ],
  [
    "5.0 [MQTT-3.3.2-20] content type",
    0x03,
    property.contentType("text/plain; charset=ütf"),
    "text/plain; charset=ütf",
  ],
];

for (const [name, id, sent, got] of UNALTERED) {
  conformance(`${name} goes through unaltered`, async (broker) => {
    for (const qos of [0, 1, 2]) {
      const publish = await forwarded(broker, [sent], qos);
      assert.deepEqual(publish.properties, [[id, got]]);
    }
  });
}

conformance(
  "5.0 [MQTT-3.3.2-17] [MQTT-3.3.2-18] user properties go through unaltered, in order, duplicates too",
  async (broker) => {
    const pairs = [["b", "1"], ["a", "2"], ["b", "1"], ["", ""], ["ü", "€"]];
    const publish = await forwarded(
      broker,
      pairs.map(([name, value]) => property.user(name, value)),
    );
    assert.deepEqual(propertiesOf(publish, 0x26), pairs);
  },
);

conformance(
  "5.0 properties keep the publisher's order among each other",
  async (broker) => {
    const sent = [
      property.user("a", "1"),
      property.contentType("c"),
      property.user("b", "2"),
      property.payloadFormat(0),
      property.responseTopic("r"),
    ];
    const publish = await forwarded(broker, sent);
    const ids = publish.properties.map((one) => one[0]);
    assert.deepEqual(ids, [0x26, 0x03, 0x26, 0x01, 0x08]);
  },
);

conformance(
  "5.0 [MQTT-3.3.2-14] a response topic with a wildcard is an error",
  async (broker) => {
    for (const topic of ["#", "a/+", "a#"]) {
      const client = await broker.connect(5);
      const properties = [property.responseTopic(topic)];
      await client.publish({ topic: "t", properties });
      await client.expectDisconnect(0x82, 0x81, 0x90);
    }
  },
);

conformance(
  "5.0 [MQTT-3.3.4-6] a subscription identifier from a client is an error",
  async (broker) => {
    const client = await broker.connect(5);
    const properties = [property.subscriptionIdentifier(1)];
    await client.publish({ topic: "t", properties });
    await client.expectDisconnect(0x82);
  },
);

conformance(
  "5.0 [MQTT-3.3.2-5] [MQTT-3.3.2-6] a message waits with its expiry counted down, and is dropped when it has passed",
  async (broker) => {
    const stay = { clean: false, properties: [property.sessionExpiry(1000)] };
    const client = await broker.connect(5, stay);
    await client.subscribe([["t", 1]]);
    await client.disconnect();
    const other = await broker.connect(5, "publisher");
    for (const [id, seconds] of [[1, 10], [2, 100]] as const) {
      await other.publish({
        topic: "t",
        payload: `${seconds}`,
        qos: 1,
        id,
        properties: [property.messageExpiry(seconds)],
      });
    }
    await broker.advance(30_000);
    const again = await broker.connect(5, stay);
    const publish = await again.receivePublish();
    assert.equal(publish.payload, "100");
    assert.equal(propertyOf(publish, 0x02), 70);
    await again.expectNothing();
  },
);

conformance(
  "5.0 [MQTT-3.3.2-6] a message that did not wait keeps its expiry",
  async (broker) => {
    const publish = await forwarded(broker, [property.messageExpiry(33)]);
    assert.equal(propertyOf(publish, 0x02), 33);
  },
);

conformance(
  "5.0 a message with expiry 0 is not kept for an absent session",
  async (broker) => {
    const stay = { clean: false, properties: [property.sessionExpiry(1000)] };
    const client = await broker.connect(5, stay);
    await client.subscribe([["t", 1]]);
    await client.disconnect();
    const other = await broker.connect(5, "publisher");
    const properties = [property.messageExpiry(0)];
    await other.publish({ topic: "t", qos: 1, properties });
    await broker.advance(1_000);
    const again = await broker.connect(5, stay);
    await again.expectNothing();
  },
);

conformance(
  "5.0 properties do not reach receivers of 3.1.1, whose messages have none",
  async (broker) => {
    const old = await broker.connect(4, "old");
    await old.subscribe([["t", 1]]);
    const young = await broker.connect(5, "young");
    await young.subscribe([["t", 1]]);
    const properties = [property.user("a", "b"), property.messageExpiry(9)];
    await young.publish({ topic: "t", payload: "5", properties });
    await old.expect(join("30 04 00 01 74", utf8("5")));
    assert.equal((await young.receivePublish()).properties.length, 2);
    await old.publish({ topic: "t", payload: "4" });
    await young.expect(join("30 05 00 01 74 00", utf8("4")));
  },
);

conformance(
  "5.0 [MQTT-3.1.2-24] [MQTT-3.1.2-25] a message too large for its receiver is dropped for it alone, and frees its place",
  async (broker) => {
    const small = await broker.connect(5, {
      clientId: "small",
      properties: [property.maximumPacketSize(40), property.receiveMaximum(1)],
    });
    await small.subscribe([["t", 1]]);
    const large = await broker.connect(5, "large");
    await large.subscribe([["t", 1]]);
    const other = await broker.connect(5, "publisher");
    const publish = (payload: string) =>
      other.publish({ topic: "t", payload, qos: 1 });
    await publish("x".repeat(100));
    await publish("fits");
    assert.equal((await large.receivePublish()).payload.length, 100);
    const fits = await small.receivePublish();
    assert.equal(fits.payload, "fits");
    // 40 bytes just fit: 2 of header, 3 of topic, 2 of id, 1 of properties.
    await small.send(puback(fits.packetId));
    await publish("y".repeat(33));
    await publish("z".repeat(32));
    const { payload, bytes, packetId } = await small.receivePublish();
    assert.deepEqual([payload[0], bytes.length], ["z", 40]);
    assert.ok(packetId > 0);
    await small.expectNothing();
  },
);

conformance(
  "5.0 [MQTT-3.1.2-24] identifiers added by the broker count for the packet size too",
  async (broker) => {
    const client = await broker.connect(5, {
      properties: [property.maximumPacketSize(30)],
    });
    await client.subscribe(["t"], [property.subscriptionIdentifier(200_000)]);
    // 6 bytes without payload, and 4 for the identifier.
    await client.publish({ topic: "t", payload: "x".repeat(21) });
    await client.expectNothing();
    await client.publish({ topic: "t", payload: "x".repeat(20) });
    assert.equal((await client.receivePublish()).bytes.length, 30);
  },
);
