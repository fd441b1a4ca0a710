import assert from "node:assert/strict";
import { property } from "../support/bytes.ts";
import { propertyOf } from "../support/read_packet.ts";
import { conformance, eachVersion } from "../support/test_broker.ts";

// Keep alive (3.1.2.10) and PINGREQ (3.12). The clock is moved by hand; what is
// tried is just before and just behind one and a half intervals.

eachVersion(
  "3.1.1 [MQTT-3.1.2-24] 5.0 [MQTT-3.1.2-22] [MQTT-3.2.2-22] silence of 1.5 keep alives ends the connection",
  async (broker, version) => {
    const client = await broker.connect(version, { keepAlive: 10 });
    await broker.advance(14_500);
    await client.expectNothing();
    // Any packet begins the time anew.
    await client.publish({ topic: "t" });
    await broker.advance(14_500);
    await client.expectNothing();
    await broker.advance(1_500);
    await client.expectDisconnect(0x8d);
  },
);

eachVersion(
  "keep alive 0 never ends a connection",
  async (broker, version) => {
    const client = await broker.connect(version, { keepAlive: 0 });
    await broker.advance(10_000_000);
    await client.expectAlive();
  },
);

eachVersion(
  "keep alive counts complete packets, not bytes",
  async (broker, version) => {
    const client = await broker.connect(version, { keepAlive: 10 });
    const bytes = client.packets.publish({
      topic: "t",
      payload: "x".repeat(9),
    });
    for (let at = 0; at < 4; at++) {
      await client.send(bytes.subarray(at, at + 1));
      await broker.advance(4_000);
    }
    await client.expectDisconnect(0x8d);
  },
);

eachVersion(
  "packets to the client do not keep it alive",
  async (broker, version) => {
    const client = await broker.connect(version, { keepAlive: 10 });
    await client.subscribe(["t"]);
    const other = await broker.connect(version, "other");
    for (let at = 0; at < 4; at++) {
      await broker.advance(4_000);
      await other.publish({ topic: "t" });
    }
    const all = await client.receiveAll();
    assert.equal(all.filter((one) => one.type === 3).length, 3);
    assert.equal(client.closed, true);
  },
);

eachVersion(
  "3.1.1 [MQTT-3.12.4-1] 5.0 [MQTT-3.12.4-1] PINGREQ gets PINGRESP",
  async (broker, version) => {
    const client = await broker.connect(version);
    await client.send("c0 00 c0 00");
    await client.expect("d0 00", "d0 00");
    await client.expectNothing();
  },
);

conformance(
  "5.0 [MQTT-3.1.2-22] a server keep alive is told and goes for the client's",
  async (broker) => {
    for (const keepAlive of [0, 100]) {
      const { client, connack } = await broker.join(5, { keepAlive });
      assert.equal(propertyOf(connack, 0x13), 20);
      await broker.advance(29_000);
      await client.expectNothing();
      await broker.advance(2_000);
      await client.expectDisconnect(0x8d);
    }
    const { connack } = await broker.join(5, { keepAlive: 5 });
    assert.equal(propertyOf(connack, 0x13), undefined);
  },
  { session: { max_keep_alive: 20 } },
);

conformance(
  "5.0 [MQTT-3.2.2-22] without a server keep alive none is told",
  async (broker) => {
    const { connack } = await broker.join(5, {
      keepAlive: 77,
      properties: [property.sessionExpiry(10)],
    });
    assert.equal(propertyOf(connack, 0x13), undefined);
  },
);
