import assert from "node:assert/strict";
import { packet, property } from "../support/bytes.ts";
import { pubcomp, pubrec, pubrel } from "../support/packets.ts";
import { conformance, eachVersion } from "../support/test_broker.ts";

// Section 2: the fixed header, packet ids and the property length, which all
// packets share. What one packet alone does is in the file of its section.

/** First byte and body of packets that would be good with the right flags. */
const WRONG_FLAGS: readonly [name: string, first: number, body: string][] = [
  ["PUBACK", 0x41, "00 01"],
  ["PUBREC", 0x52, "00 01"],
  ["PUBREL", 0x60, "00 01"],
  ["PUBREL", 0x63, "00 01"],
  ["PUBREL", 0x6a, "00 01"],
  ["PUBCOMP", 0x71, "00 01"],
  ["SUBSCRIBE", 0x80, "00 01 00 01 74 00"],
  ["SUBSCRIBE", 0x83, "00 01 00 01 74 00"],
  ["UNSUBSCRIBE", 0xa0, "00 01 00 01 74"],
  ["UNSUBSCRIBE", 0xaa, "00 01 00 01 74"],
  ["PINGREQ", 0xc1, ""],
  ["DISCONNECT", 0xe1, ""],
];

eachVersion(
  "3.1.1 [MQTT-2.2.2-2] [MQTT-3.6.1-1] [MQTT-3.8.1-1] [MQTT-3.10.1-1] [MQTT-3.14.1-1] 5.0 [MQTT-3.6.1-1] [MQTT-3.8.1-1] [MQTT-3.10.1-1] [MQTT-3.14.1-1] wrong flags end the connection",
  async (broker, version) => {
    for (const [, first, body] of WRONG_FLAGS) {
      const client = await broker.connect(version);
      const hasProperties = version === 5 && (first & 0x80) !== 0 && body;
      await client.send(packet(
        first,
        hasProperties ? body.slice(0, 5) + " 00" + body.slice(5) : body,
      ));
      await client.expectDisconnect(0x81);
    }
  },
);

eachVersion(
  "wrong flags on CONNECT end the connection",
  async (broker, version) => {
    for (const flags of [1, 2, 4, 8]) {
      const client = broker.open(version);
      const bytes = client.packets.connect();
      bytes[0] |= flags;
      await client.send(bytes);
      if (version === 5) await client.expectRefused(0x81);
      else await client.expectClosed();
    }
  },
);

eachVersion(
  "3.1.1 [MQTT-2.2.2-1] 5.0 [MQTT-2.1.3-1] the broker's reserved flags are as listed",
  async (broker, version) => {
    const client = await broker.connect(version);
    await client.send(client.packets.subscribe(1, [["t", 2]]));
    assert.equal((await client.receive()).flags, 0, "SUBACK");
    await client.publish({ topic: "x", qos: 1, id: 2 });
    assert.equal((await client.receive()).flags, 0, "PUBACK");
    await client.publish({ topic: "t", qos: 2, id: 3 });
    // PUBREC and the PUBLISH to this client itself come in either order.
    for (const one of await client.receiveAll()) {
      if (one.type === 5) assert.equal(one.flags, 0, "PUBREC");
    }
    await client.send(pubrec(1), pubrel(3));
    for (const one of await client.receiveAll()) {
      assert.equal(one.flags, one.type === 6 ? 2 : 0, "PUBREL or PUBCOMP");
    }
    await client.send(pubcomp(1), client.packets.unsubscribe(4, ["t"]));
    assert.equal((await client.receive()).flags, 0, "UNSUBACK");
    await client.send("c0 00");
    assert.equal((await client.receive()).flags, 0, "PINGRESP");
  },
);

eachVersion(
  "3.1.1 [MQTT-2.3.1-1] 5.0 [MQTT-2.2.1-3] packet id 0 ends the connection",
  async (broker, version) => {
    const { packets } = broker.open(version);
    for (
      const bytes of [
        packets.publish({ topic: "t", qos: 1, id: 0 }),
        packets.publish({ topic: "t", qos: 2, id: 0 }),
        packets.subscribe(0, ["t"]),
        packets.unsubscribe(0, ["t"]),
      ]
    ) {
      const client = await broker.connect(version);
      await client.send(bytes);
      await client.expectDisconnect(0x81, 0x82);
    }
  },
);

eachVersion(
  "3.1.1 [MQTT-2.3.1-4] 5.0 [MQTT-2.2.1-4] the broker's packet ids are unused and not 0",
  async (broker, version) => {
    const client = await broker.connect(version);
    await client.subscribe([["t", 1], ["u", 2]]);
    const other = await broker.connect(version, "other");
    for (let at = 1; at <= 20; at++) {
      await other.publish({ topic: at % 2 ? "t" : "u", qos: 2, id: at });
    }
    const ids = (await client.receiveAll()).map((one) => one.packetId);
    assert.equal(ids.length, 20);
    assert.equal(new Set(ids).size, 20);
    assert.ok(!ids.includes(0));
  },
);

eachVersion(
  "3.1.1 [MQTT-2.3.1-5] 5.0 [MQTT-2.2.1-2] a QoS 0 PUBLISH has no packet id",
  async (broker, version) => {
    const client = await broker.connect(version);
    await client.subscribe(["t"]);
    await client.send(
      version === 4 ? "30 04 00 01 74 70" : "30 05000174 00 70",
    );
    await client.expect(
      version === 4 ? "30 04 000174 70" : "30 05 000174 00 70",
    );
  },
);

eachVersion(
  "3.1.1 [MQTT-2.3.1-6] 5.0 [MQTT-2.2.1-5] acknowledgements repeat the packet id",
  async (broker, version) => {
    const client = await broker.connect(version);
    for (const id of [1, 256, 0xabcd, 0xffff]) {
      await client.publish({ topic: "t", qos: 1, id });
      await client.expectAck(4, id);
      await client.publish({ topic: "t", qos: 2, id });
      await client.expectAck(5, id);
      await client.send(pubrel(id));
      await client.expectAck(7, id);
    }
    await client.subscribe([["s", 2]]);
    await client.publish({ topic: "s", qos: 2, id: 9 });
    const delivered = (await client.receiveAll()).find((one) =>
      one.type === 3
    )!;
    await client.send(pubrec(delivered.packetId));
    await client.expectAck(6, delivered.packetId);
  },
);

eachVersion(
  "3.1.1 [MQTT-2.3.1-7] [MQTT-3.8.4-1] [MQTT-3.8.4-2] [MQTT-3.10.4-4] 5.0 [MQTT-2.2.1-6] [MQTT-3.8.4-1] [MQTT-3.8.4-2] [MQTT-3.10.4-4] SUBACK and UNSUBACK come and repeat the packet id",
  async (broker, version) => {
    const client = await broker.connect(version);
    for (const id of [1, 256, 0xabcd, 0xffff]) {
      await client.send(client.packets.subscribe(id, ["t"]));
      await client.expectAck(9, id);
      await client.send(client.packets.unsubscribe(id, ["t"]));
      await client.expectAck(11, id);
    }
  },
);

conformance(
  "5.0 [MQTT-2.2.2-1] no properties are a property length of zero",
  async (broker) => {
    const client = await broker.connect(5);
    await client.send("82 07 00 01 00 00 01 74 01");
    await client.expect("90 04 00 01 00 01");
    await client.send("30 05 00 01 74 00 70");
    await client.expect("30 05 00 01 74 00 70");
    await client.send("a2 06 00 02 00 00 01 74");
    await client.expect("b0 04 00 02 00 00");
    // Without even the length the packet is cut short.
    await client.send("30 03 00 01 74");
    await client.expectDisconnect(0x81);
  },
);

conformance(
  "5.0 properties that are unknown, repeated or misplaced end the connection",
  async (broker) => {
    const bad: readonly [digits: string, ...codes: number[]][] = [
      ["7f", 0x81], // no such identifier
      ["11 00 00 00 01", 0x81], // session expiry is for CONNECT
      ["23 00", 0x81], // cut short
      ["01 00 01 00", 0x82],
      ["02 00 00 00 01 02 00 00 00 01", 0x82],
      ["03 00 00 03 00 00", 0x82],
      ["08 00 01 61 08 00 01 61", 0x82],
      ["09 00 00 09 00 00", 0x82],
      ["23 00 01 23 00 01", 0x82],
      ["01 02", 0x81, 0x82], // neither 0 nor 1
    ];
    for (const [digits, ...codes] of bad) {
      const client = await broker.connect(5);
      await client.publish({ topic: "t", properties: [digits] });
      await client.expectDisconnect(...codes);
    }
    const client = await broker.connect(5);
    await client.send(
      client.packets.subscribe(1, ["t"], [property.topicAlias(1)]),
    );
    await client.expectDisconnect(0x81, 0x82);
  },
);
