import assert from "node:assert/strict";
import { property } from "../support/bytes.ts";
import {
  puback,
  pubcomp,
  pubrec,
  pubrel,
  staying,
} from "../support/packets.ts";
import { conformance, eachVersion } from "../support/test_broker.ts";
import type { TestBroker } from "../support/test_broker.ts";

// Sections 4.3 and 4.4: the exchanges of QoS 1 and 2, and what is sent again.
// Connections are broken at each step of an exchange and taken up again.

/** A subscriber to `t` at QoS 2 with a lasting session, and a publisher. */
async function pair(broker: TestBroker, version: 4 | 5) {
  const client = await broker.connect(version, staying(version));
  await client.subscribe([["t", 2]]);
  const other = await broker.connect(version, "publisher");
  return { client, other };
}

eachVersion(
  "3.1.1 [MQTT-4.3.2-1] [MQTT-4.3.3-1] 5.0 [MQTT-4.3.2-1] [MQTT-4.3.2-2] [MQTT-4.3.3-1] [MQTT-4.3.3-2] each message gets an unused id and goes out with DUP 0",
  async (broker, version) => {
    const { client, other } = await pair(broker, version);
    const held = new Set<number>();
    for (let at = 1; at <= 30; at++) {
      const qos = 1 + at % 2;
      await other.publish({ topic: "t", qos, id: at });
      const { packetId, dup } = await client.receivePublish();
      assert.equal(dup, false);
      assert.ok(packetId > 0 && !held.has(packetId));
      held.add(packetId);
      // Every third is acknowledged, so that ids come free in between.
      if (at % 3 !== 0) continue;
      if (qos === 1) await client.send(puback(packetId));
      else {
        await client.send(pubrec(packetId), pubcomp(packetId));
        await client.expectAck(6, packetId);
      }
      held.delete(packetId);
    }
  },
);

eachVersion(
  "3.1.1 [MQTT-4.3.2-1] [MQTT-4.4.0-1] [MQTT-3.3.1-1] 5.0 [MQTT-4.3.2-3] [MQTT-4.4.0-1] [MQTT-3.3.1-1] QoS 1 without PUBACK is sent again on reconnect, same id, DUP 1, and not before",
  async (broker, version) => {
    const { client, other } = await pair(broker, version);
    await other.publish({ topic: "t", payload: "x", qos: 1 });
    const first = await client.receivePublish();
    await broker.advance(600_000);
    await client.expectNothing();
    await client.drop();
    const again = await broker.connect(version, staying(version));
    const second = await again.receivePublish();
    assert.deepEqual(
      [second.packetId, second.dup, second.qos, second.payload],
      [first.packetId, true, 1, "x"],
    );
    await again.send(puback(second.packetId));
    await again.drop();
    const last = await broker.connect(version, staying(version));
    await last.expectNothing();
  },
);

eachVersion(
  "3.1.1 [MQTT-4.3.3-1] [MQTT-4.4.0-1] 5.0 [MQTT-4.3.3-3] [MQTT-4.4.0-1] QoS 2 without PUBREC is sent again on reconnect",
  async (broker, version) => {
    const { client, other } = await pair(broker, version);
    await other.publish({ topic: "t", payload: "x", qos: 2 });
    const first = await client.receivePublish();
    await client.drop();
    const again = await broker.connect(version, staying(version));
    const second = await again.receivePublish();
    assert.deepEqual(
      [second.packetId, second.dup, second.qos],
      [first.packetId, true, 2],
    );
  },
);

eachVersion(
  "3.1.1 [MQTT-4.3.3-1] 5.0 [MQTT-4.3.3-4] [MQTT-4.3.3-5] [MQTT-4.3.3-6] PUBREC gets PUBREL, which is sent again until PUBCOMP; the PUBLISH is not",
  async (broker, version) => {
    const { client, other } = await pair(broker, version);
    await other.publish({ topic: "t", qos: 2 });
    const { packetId } = await client.receivePublish();
    await client.send(pubrec(packetId));
    await client.expectAck(6, packetId);
    await client.expectNothing();
    for (let time = 0; time < 2; time++) {
      await client.drop();
      const again = await broker.connect(version, staying(version));
      await again.expectAck(6, packetId);
      await again.expectNothing();
      await again.drop();
    }
    const last = await broker.connect(version, staying(version));
    await last.expectAck(6, packetId);
    await last.send(pubcomp(packetId));
    await last.drop();
    const done = await broker.connect(version, staying(version));
    await done.expectNothing();
  },
);

eachVersion(
  "3.1.1 [MQTT-4.3.2-2] 5.0 [MQTT-4.3.2-4] [MQTT-4.3.2-5] QoS 1 is answered with PUBACK, and the same id again is a new message, whatever DUP says",
  async (broker, version) => {
    const { client, other } = await pair(broker, version);
    for (const dup of [false, true, false]) {
      await other.publish({ topic: "t", qos: 1, id: 5, dup });
      await other.expectAck(4, 5);
      await client.receivePublish();
    }
    await client.expectNothing();
  },
);

eachVersion(
  "3.1.1 [MQTT-4.3.3-2] 5.0 [MQTT-4.3.3-8] [MQTT-4.3.3-10] [MQTT-4.3.3-11] [MQTT-4.3.3-12] QoS 2 is answered with PUBREC, duplicates are not delivered, after PUBCOMP the id is new",
  async (broker, version) => {
    const { client, other } = await pair(broker, version);
    const publish = (payload: string, dup: boolean) =>
      other.publish({ topic: "t", payload, qos: 2, id: 5, dup });
    await publish("one", false);
    await other.expectAck(5, 5);
    for (const dup of [true, false, true]) {
      await publish("one", dup);
      await other.expectAck(5, 5);
    }
    assert.equal((await client.receiveQoS2()).payload, "one");
    await client.expectNothing();
    await other.send(pubrel(5));
    await other.expectAck(7, 5);
    await publish("two", false);
    await other.expectAck(5, 5);
    assert.equal((await client.receiveQoS2()).payload, "two");
  },
);

eachVersion(
  "QoS 2 is exactly once across a reconnect of the publisher",
  async (broker, version) => {
    const { client } = await pair(broker, version);
    const stay = staying(version, "sender");
    const first = await broker.connect(version, stay);
    await first.publish({ topic: "t", payload: "x", qos: 2, id: 9 });
    await first.drop();
    const again = await broker.connect(version, stay);
    await again.publish({ topic: "t", payload: "x", qos: 2, id: 9, dup: true });
    await again.expectAck(5, 9);
    await again.send(pubrel(9));
    await again.expectAck(7, 9);
    // A PUBREL again, as after a lost PUBCOMP.
    await again.send(pubrel(9));
    await again.expectAck(7, 9, version === 5 ? 0x92 : 0);
    assert.equal((await client.receivePublish()).payload, "x");
    await client.expectNothing();
  },
);

eachVersion(
  "PUBREL of an unknown id gets PUBCOMP",
  async (broker, version) => {
    const client = await broker.connect(version);
    await client.send(pubrel(7));
    await client.expect(version === 5 ? "70 03 00 07 92" : "70 02 00 07");
    await client.expectAlive();
  },
);

eachVersion(
  "3.1.1 [MQTT-4.6.0-1] [MQTT-4.6.0-4] resent and waiting messages come in their order",
  async (broker, version) => {
    const { client, other } = await pair(broker, version);
    for (let id = 1; id <= 6; id++) {
      await other.publish({ topic: "t", payload: `${id}`, qos: 2, id });
    }
    const first = await client.receiveAll();
    // The second and the fourth have come as far as PUBREC, in that order.
    await client.send(pubrec(first[1].packetId), pubrec(first[3].packetId));
    await client.expectAck(6, first[1].packetId);
    await client.expectAck(6, first[3].packetId);
    await client.drop();
    await other.publish({ topic: "t", payload: "7", qos: 1, id: 7 });
    const again = await broker.connect(version, staying(version));
    const all = await again.receiveAll();
    const publishes = all.filter((one) => one.type === 3);
    assert.deepEqual(
      publishes.map((one) => one.payload),
      ["1", "3", "5", "6", "7"],
    );
    assert.deepEqual(
      publishes.map((one) => one.dup),
      [true, true, true, true, false],
    );
    assert.deepEqual(
      all.filter((one) => one.type === 6).map((one) => one.packetId),
      [first[1].packetId, first[3].packetId],
    );
  },
);

eachVersion(
  "a clean start forgets what was in flight and what waited",
  async (broker, version) => {
    const { client, other } = await pair(broker, version);
    await other.publish({ topic: "t", qos: 1 });
    await client.receivePublish();
    await client.drop();
    await other.publish({ topic: "t", qos: 1 });
    const clean = await broker.connect(version, {
      ...staying(version),
      clean: true,
    });
    await clean.expectNothing();
  },
);

conformance(
  "5.0 [MQTT-4.4.0-2] PUBACK or PUBREC above 0x7F ends the message, on reconnect too",
  async (broker) => {
    const { client, other } = await pair(broker, 5);
    await other.publish({ topic: "t", qos: 1, id: 1 });
    await other.publish({ topic: "t", qos: 2, id: 2 });
    const [one, two] = await client.receiveAll();
    await client.send(puback(one.packetId, 0x80), pubrec(two.packetId, 0x97));
    await client.expectNothing();
    await client.drop();
    const again = await broker.connect(5, staying(5));
    await again.expectNothing();
  },
);

conformance(
  "5.0 [MQTT-4.3.3-7] [MQTT-4.3.3-13] once sent, a QoS 2 message does not expire any more",
  async (broker) => {
    const { client, other } = await pair(broker, 5);
    const properties = [property.messageExpiry(10)];
    await other.publish({ topic: "t", payload: "x", qos: 2, properties });
    await other.expectAck(5, 1);
    const first = await client.receivePublish();
    await broker.advance(60_000);
    // The publisher's exchange goes on as well.
    await other.send(pubrel(1));
    await other.expectAck(7, 1, 0);
    await client.drop();
    const again = await broker.connect(5, staying(5));
    const second = await again.receivePublish();
    assert.deepEqual([second.packetId, second.dup], [first.packetId, true]);
    await again.send(pubrec(second.packetId));
    await again.expectAck(6, second.packetId);
  },
);

conformance(
  "5.0 [MQTT-4.3.3-9] after a failing PUBREC the id is new again",
  async (broker) => {
    const { client, other } = await pair(broker, 5);
    const id = 3;
    await other.publish({
      topic: "t",
      qos: 2,
      id,
      payload: new Uint8Array([255]),
      properties: [property.payloadFormat(1)],
    });
    await other.expectAck(5, id, 0x99);
    await other.publish({ topic: "t", qos: 2, id, payload: "good" });
    await other.expectAck(5, id, 0);
    assert.equal((await client.receivePublish()).payload, "good");
  },
);

eachVersion(
  "3.1.1 [MQTT-4.3.3-1] 5.0 [MQTT-4.3.3-4] PUBCOMP before PUBREC is an error, and the message is not forgotten",
  async (broker, version) => {
    const { client, other } = await pair(broker, version);
    await other.send(
      other.packets.publish({ topic: "t", payload: "m", qos: 2, id: 1 }),
    );
    const first = await client.receivePublish();
    await client.send(pubcomp(first.packetId));
    if (version === 5) await client.expectDisconnect(0x82);
    else await client.expectClosed();
    const again = await broker.connect(version, staying(version));
    const repeated = await again.receivePublish();
    assert.equal(repeated.packetId, first.packetId);
    assert.equal(repeated.payload, "m");
  },
);
