import assert from "node:assert/strict";
import { property } from "../support/bytes.ts";
import { staying } from "../support/packets.ts";
import { propertiesOf, propertyOf } from "../support/read_packet.ts";
import { testRules } from "../support/rules.ts";
import { conformance, eachVersion } from "../support/test_broker.ts";
import type { TestBroker } from "../support/test_broker.ts";

// Wills (3.1.2.5, 3.1.3.2): when they go out, when they must not, and as what.

const WILL = { topic: "will", payload: "gone" };

/** A client that is subscribed to the will's topic at QoS 2. */
async function watch(broker: TestBroker, version: 4 | 5) {
  const client = await broker.connect(version, "watcher");
  await client.subscribe([["will", 2]]);
  return client;
}

eachVersion(
  "3.1.1 [MQTT-3.1.2-8] 5.0 [MQTT-3.1.2-7] [MQTT-3.1.2-8] a lost connection publishes the will, once",
  async (broker, version) => {
    const watcher = await watch(broker, version);
    const client = await broker.connect(version, { will: WILL });
    await watcher.expectNothing();
    await client.drop();
    const { topic, payload, qos } = await watcher.receivePublish();
    assert.deepEqual([topic, payload, qos], ["will", "gone", 0]);
    await watcher.expectNothing();
  },
);

eachVersion(
  "3.1.1 [MQTT-3.1.2-8] 5.0 [MQTT-3.1.2-8] protocol errors, takeover and keep alive publish the will",
  async (broker, version) => {
    const watcher = await watch(broker, version);
    const wrong = await broker.connect(version, { will: WILL });
    await wrong.send("c1 00");
    assert.equal((await watcher.receivePublish()).payload, "gone");
    await broker.connect(version, { clientId: "twice", will: WILL });
    const young = await broker.connect(version, "twice");
    assert.equal((await watcher.receivePublish()).payload, "gone");
    await young.disconnect();
    await broker.connect(version, { keepAlive: 10, will: WILL });
    await broker.advance(16_000);
    assert.equal((await watcher.receivePublish()).payload, "gone");
    await watcher.expectNothing();
  },
);

eachVersion(
  "3.1.1 [MQTT-3.1.2-10] [MQTT-3.14.4-3] 5.0 [MQTT-3.1.2-8] [MQTT-3.1.2-10] [MQTT-3.14.4-3] DISCONNECT drops the will",
  async (broker, version) => {
    const watcher = await watch(broker, version);
    const client = await broker.connect(version, { will: WILL });
    await client.disconnect();
    await watcher.expectNothing();
  },
);

eachVersion(
  "3.1.1 [MQTT-3.1.2-10] 5.0 [MQTT-3.1.2-10] a published will is not published again",
  async (broker, version) => {
    const watcher = await watch(broker, version);
    const keep = version === 5 ? [property.sessionExpiry(100)] : [];
    const stay = { clean: false, properties: keep };
    const client = await broker.connect(version, { ...stay, will: WILL });
    await client.drop();
    await watcher.receivePublish();
    const again = await broker.connect(version, stay);
    await again.drop();
    await watcher.expectNothing();
  },
);

eachVersion(
  "3.1.1 [MQTT-3.1.2-12] a connection without a will publishes none",
  async (broker, version) => {
    const watcher = await broker.connect(version, "watcher");
    await watcher.subscribe(["#"]);
    const client = await broker.connect(version);
    await client.drop();
    await watcher.expectNothing();
  },
);

eachVersion(
  "3.1.1 [MQTT-3.1.2-16] 5.0 [MQTT-3.1.2-14] a will without retain is not retained",
  async (broker, version) => {
    const client = await broker.connect(version, { will: WILL });
    await client.drop();
    const late = await watch(broker, version);
    await late.expectNothing();
  },
);

eachVersion(
  "3.1.1 [MQTT-3.1.2-17] 5.0 [MQTT-3.1.2-15] a will with retain is retained",
  async (broker, version) => {
    const watcher = await watch(broker, version);
    const will = { ...WILL, retain: true };
    const client = await broker.connect(version, { will });
    await client.drop();
    assert.equal((await watcher.receivePublish()).retain, false);
    const late = await broker.connect(version, "late");
    await late.subscribe(["will"]);
    const retained = await late.receivePublish();
    assert.deepEqual([retained.payload, retained.retain], ["gone", true]);
  },
);

eachVersion(
  "3.1.1 [MQTT-3.1.2-14] 5.0 [MQTT-3.1.2-12] the will goes out at its QoS",
  async (broker, version) => {
    const watcher = await watch(broker, version);
    for (const qos of [0, 1, 2]) {
      const client = await broker.connect(version, { will: { ...WILL, qos } });
      await client.drop();
      assert.equal((await watcher.receivePublish()).qos, qos);
    }
  },
);

eachVersion(
  "a will topic with a wildcard, or empty, is refused",
  async (broker, version) => {
    for (const topic of ["a/#", "+", ""]) {
      const client = broker.open(version);
      await client.send(
        client.packets.connect({ will: { topic, payload: "x" } }),
      );
      if (version === 5) await client.expectRefused(0x90, 0x81, 0x82);
      else await client.expectClosed();
    }
  },
);

conformance(
  "5.0 DISCONNECT 0x04 publishes the will, as other codes above 0 do",
  async (broker) => {
    const watcher = await watch(broker, 5);
    for (const code of [0x04, 0x80, 0x98]) {
      const client = await broker.connect(5, { will: WILL });
      await client.disconnect(code);
      assert.equal((await watcher.receivePublish()).payload, "gone");
    }
  },
);

conformance(
  "5.0 [MQTT-3.1.2-8] the will waits for its delay, not longer and not less",
  async (broker) => {
    const watcher = await watch(broker, 5);
    const will = { ...WILL, properties: [property.willDelay(10)] };
    const client = await broker.connect(5, {
      will,
      properties: [property.sessionExpiry(60)],
    });
    await client.drop();
    await broker.advance(9_900);
    await watcher.expectNothing();
    await broker.advance(200);
    assert.equal((await watcher.receivePublish()).payload, "gone");
    await broker.advance(100_000);
    await watcher.expectNothing();
  },
);

conformance(
  "5.0 [MQTT-3.1.2-8] the will goes out when the session ends before its delay",
  async (broker) => {
    const watcher = await watch(broker, 5);
    const will = { ...WILL, properties: [property.willDelay(60)] };
    const client = await broker.connect(5, {
      will,
      properties: [property.sessionExpiry(10)],
    });
    await client.drop();
    await broker.advance(9_900);
    await watcher.expectNothing();
    await broker.advance(200);
    assert.equal((await watcher.receivePublish()).payload, "gone");
    // Without an expiry the session ends with its connection.
    const short = await broker.connect(5, { clientId: "short", will });
    await short.drop();
    assert.equal((await watcher.receivePublish()).payload, "gone");
  },
);

conformance(
  "5.0 [MQTT-3.1.2-8] [MQTT-3.1.3-9] a reconnect within the delay cancels the will",
  async (broker) => {
    const watcher = await watch(broker, 5);
    const will = { ...WILL, properties: [property.willDelay(10)] };
    const stay = { clean: false, properties: [property.sessionExpiry(60)] };
    const client = await broker.connect(5, { ...stay, will });
    await client.drop();
    await broker.advance(5_000);
    const again = await broker.connect(5, stay);
    await broker.advance(20_000);
    await watcher.expectNothing();
    // The new connection has no will: the old one's is gone for good.
    await again.drop();
    await broker.advance(100_000);
    await watcher.expectNothing();
  },
);

conformance(
  "5.0 [MQTT-3.1.3-9] a takeover within the delay cancels the will",
  async (broker) => {
    const watcher = await watch(broker, 5);
    const will = { ...WILL, properties: [property.willDelay(10)] };
    const stay = { clean: false, properties: [property.sessionExpiry(60)] };
    const old = await broker.connect(5, { ...stay, will });
    await broker.connect(5, stay);
    await old.expectDisconnect(0x8e);
    await broker.advance(20_000);
    await watcher.expectNothing();
  },
);

conformance(
  "5.0 a clean start within the delay cancels the will of the session before",
  async (broker) => {
    const watcher = await watch(broker, 5);
    const will = { ...WILL, properties: [property.willDelay(10)] };
    const client = await broker.connect(5, {
      will,
      properties: [property.sessionExpiry(60)],
    });
    await client.drop();
    await broker.connect(5, { clean: true });
    // 3.1.3.2.2: a new connection before the delay means no will.
    await broker.advance(100_000);
    await watcher.expectNothing();
  },
);

conformance(
  "5.0 [MQTT-3.1.3-10] the will's properties go with it, user properties in order",
  async (broker) => {
    const watcher = await watch(broker, 5);
    const client = await broker.connect(5, {
      will: {
        ...WILL,
        properties: [
          property.payloadFormat(1),
          property.messageExpiry(100),
          property.contentType("text/plain"),
          property.responseTopic("answer"),
          property.correlationData("id"),
          property.user("b", "1"),
          property.user("a", "2"),
          property.user("b", "3"),
        ],
      },
    });
    await client.drop();
    const publish = await watcher.receivePublish();
    const pairs = [["b", "1"], ["a", "2"], ["b", "3"]];
    assert.deepEqual(propertiesOf(publish, 0x26), pairs);
    assert.equal(propertyOf(publish, 0x01), 1);
    assert.equal(propertyOf(publish, 0x02), 100);
    assert.equal(propertyOf(publish, 0x03), "text/plain");
    assert.equal(propertyOf(publish, 0x08), "answer");
    assert.deepEqual(propertyOf(publish, 0x09), new Uint8Array([105, 100]));
    assert.equal(propertyOf(publish, 0x18), undefined);
  },
);

eachVersion(
  "a will waits for absent sessions like any message",
  async (broker, version) => {
    const away = await broker.connect(version, staying(version));
    await away.subscribe([["will", 1]]);
    await away.disconnect();
    const client = await broker.connect(version, { will: { ...WILL, qos: 2 } });
    await client.drop();
    const again = await broker.connect(version, staying(version));
    const { payload, qos } = await again.receivePublish();
    assert.deepEqual([payload, qos], ["gone", 1]);
  },
);

eachVersion(
  "a client whose will it may not publish is refused",
  async (broker, version) => {
    const client = broker.open(version);
    await client.send(client.packets.connect({ will: WILL }));
    await client.expectRefused(version === 5 ? 0x87 : 5);
  },
  { authorizer: testRules({ publish: () => false }) },
);
