import assert from "node:assert/strict";
import { hex, join, packet, property } from "../support/bytes.ts";
import type { Bytes } from "../support/bytes.ts";
import { puback, pubcomp, pubrec, pubrel } from "../support/packets.ts";
import { conformance, eachVersion } from "../support/test_broker.ts";

// Malformed and hostile bytes (4.8 of 3.1.1, 4.13 of 5.0): each ends its own
// connection, with the right code in 5.0, and touches nothing else.

/** Packets that break the protocol whatever the version, and their codes. */
const BAD: readonly [name: string, bytes: Bytes, ...codes: number[]][] = [
  ["a remaining length of five bytes", "30 80 80 80 80 01", 0x81],
  ["an overlong remaining length", "c0 80 00", 0x81],
  ["packet type 0", "00 00", 0x81],
  ["PINGREQ with a body", "c0 01 00", 0x81],
  ["CONNACK", "20 02 00 00", 0x82, 0x81],
  ["SUBACK", "90 03 00 01 00", 0x82, 0x81],
  ["UNSUBACK", "b0 02 00 01", 0x82, 0x81],
  ["PINGRESP", "d0 00", 0x82, 0x81],
  ["PUBLISH with QoS 3", "36 06 00 01 74 00 01 00", 0x81],
  ["PUBLISH at QoS 1 that ends before its id", "32 04 00 01 74 00", 0x81],
  ["PUBACK without a whole id", "40 01 00", 0x81],
  ["PUBACK with id 0", "40 02 00 00", 0x81, 0x82],
  ["PUBREL with id 0", "62 02 00 00", 0x81, 0x82],
  ["an empty SUBSCRIBE", "82 00", 0x81, 0x82],
  ["an empty UNSUBSCRIBE", "a2 00", 0x81, 0x82],
];

for (const [name, bytes, ...codes] of BAD) {
  eachVersion(
    `3.1.1 [MQTT-4.8.0-1] 5.0 [MQTT-4.13.1-1] ${name} ends its connection and touches no other`,
    async (broker, version) => {
      const other = await broker.connect(version, "other");
      await other.subscribe(["t"]);
      const client = await broker.connect(version);
      await client.send(bytes);
      await client.expectDisconnect(...codes);
      await other.publish({ topic: "t", payload: "on" });
      assert.equal((await other.receivePublish()).payload, "on");
    },
  );
}

conformance(
  "3.1.1 extra bytes in an acknowledgement end the connection",
  async (broker) => {
    for (const first of [0x40, 0x50, 0x62, 0x70]) {
      const client = await broker.connect(4);
      await client.send(packet(first, "00 01 00"));
      await client.expectClosed();
    }
  },
);

conformance(
  "3.1.1 DISCONNECT with a body is no clean one",
  async (broker) => {
    const watcher = await broker.connect(4, "watcher");
    await watcher.subscribe(["w"]);
    const client = await broker.connect(4, {
      will: { topic: "w", payload: "lost" },
    });
    await client.send("e0 01 00");
    await client.expectClosed();
    assert.equal((await watcher.receivePublish()).payload, "lost");
  },
);

conformance(
  "5.0 bytes behind the properties of an acknowledgement are malformed",
  async (broker) => {
    const whole = [puback(1, 0, []), pubrec(1, 0, []), pubrel(1, 0, [])];
    for (const bytes of [...whole, pubcomp(1, 0, [])]) {
      const client = await broker.connect(5);
      const longer = join(bytes, "00");
      longer[1]++;
      await client.send(longer);
      await client.expectDisconnect(0x81);
    }
  },
);

eachVersion(
  "a byte every ten seconds does not get past the connect timeout",
  async (broker, version) => {
    const client = broker.open(version);
    const bytes = client.packets.connect();
    for (let at = 0; at < 12 && !client.closed; at++) {
      client.post(bytes.subarray(at, at + 1));
      await broker.advance(10_000);
    }
    assert.equal(client.closed, true);
  },
);

conformance(
  "10,000 half-open connections hold up nobody, and are closed in time",
  async (broker) => {
    const half = Array.from({ length: 10_000 }, () => broker.open(5));
    for (const client of half) client.post("10");
    const client = await broker.connect(5);
    await client.expectAlive();
    await broker.advance(60_000);
    assert.ok(half.every((one) => one.closed));
    await client.expectAlive();
  },
);

conformance(
  "5.0 each packet takes its own properties only",
  async (broker) => {
    const { packets } = broker.open(5);
    const misplaced = [
      packets.subscribe(1, ["t"], [property.messageExpiry(1)]),
      packets.subscribe(1, ["t"], [property.reasonString("x")]),
      packet(0xa2, "00 01", "02 0b 01", "00 01 74"),
      packets.disconnect(0, [property.receiveMaximum(1)]),
      packets.disconnect(0, ["1c 00 01 61"]),
      packets.publish({ topic: "t", properties: [property.willDelay(1)] }),
      packets.publish({ topic: "t", properties: [property.reasonString("x")] }),
    ];
    for (const bytes of misplaced) {
      const client = await broker.connect(5);
      await client.send(bytes);
      await client.expectDisconnect(0x81, 0x82);
    }
  },
);

conformance(
  "5.0 a property length that points beyond the packet is malformed",
  async (broker) => {
    const bad = ["30 05 00 01 74 05 01", "82 05 00 01 09 00 01"];
    for (const bytes of bad) {
      const client = await broker.connect(5);
      await client.send(bytes);
      await client.expectDisconnect(0x81);
    }
  },
);

conformance(
  "5.0 [MQTT-4.13.2-1] an error is told by DISCONNECT with its code, then the close",
  async (broker) => {
    const client = await broker.connect(5);
    await client.send(hex("36 05 00 01 74 00 01"));
    await client.expectDisconnect(0x81);
  },
);
