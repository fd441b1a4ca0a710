import assert from "node:assert/strict";
import { property } from "../support/bytes.ts";
import { propertyOf } from "../support/read_packet.ts";
import { conformance, eachVersion } from "../support/test_broker.ts";
import type { TestBroker } from "../support/test_broker.ts";

// Sections 3.14 and 4.1 of MQTT 5.0: how a connection ends, and for how long
// its session stays.

/** Whether the session of client `c` is still there. */
async function sessionPresent(
  broker: TestBroker,
): Promise<boolean> {
  const { client, connack } = await broker.join(5, {
    clean: false,
    properties: [property.sessionExpiry(100)],
  });
  await client.disconnect();
  return connack.sessionPresent;
}

eachVersion(
  "3.1.1 [MQTT-3.14.4-2] 5.0 [MQTT-3.14.4-1] what stands behind a DISCONNECT is dropped",
  async (broker, version) => {
    const watcher = await broker.connect(version, "watcher");
    await watcher.subscribe(["#"]);
    const client = await broker.connect(version);
    await client.send(
      client.packets.publish({ topic: "t", payload: "before" }),
      client.packets.disconnect(),
      client.packets.publish({ topic: "t", payload: "behind" }),
    );
    await client.expectClosed();
    assert.equal((await watcher.receivePublish()).payload, "before");
    await watcher.expectNothing();
  },
);

conformance(
  "5.0 [MQTT-3.14.4-1] [MQTT-3.14.4-2] after its DISCONNECT the broker says no more and closes",
  async (broker) => {
    const client = await broker.connect(5);
    await client.subscribe(["t"]);
    await client.send(
      "c1 00",
      client.packets.publish({ topic: "t" }),
      "c0 00",
    );
    await client.expectDisconnect(0x81);
  },
);

conformance(
  "5.0 [MQTT-3.14.2-1] DISCONNECT of every code a client may use is taken, others are an error",
  async (broker) => {
    const watcher = await broker.connect(5, "watcher");
    await watcher.subscribe(["w"]);
    const will = { topic: "w", payload: "x" };
    const allowed = [0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95];
    for (const code of [...allowed, 0x96, 0x97, 0x98, 0x99]) {
      const client = await broker.connect(5, { will });
      await client.disconnect(code);
      assert.equal((await watcher.receivePublish()).topic, "w");
    }
    for (const code of [0x01, 0x10, 0x18, 0x84, 0x8b, 0xff]) {
      const client = await broker.connect(5);
      await client.send(client.packets.disconnect(code));
      await client.expectDisconnect(0x81, 0x82);
    }
  },
);

conformance(
  "5.0 DISCONNECT comes with length 0, 1, 2 or more",
  async (broker) => {
    const whole = [
      "e0 00",
      "e0 01 00",
      "e0 02 00 00",
      "e0 07 00 05 1100000001",
    ];
    for (const bytes of whole) {
      const client = await broker.connect(5, {
        properties: [property.sessionExpiry(5)],
      });
      await client.send(bytes);
      await client.expectClosed();
    }
    const client = await broker.connect(5);
    await client.send("e0 03 00 00 00");
    await client.expectDisconnect(0x81);
  },
);

conformance(
  "5.0 DISCONNECT changes the session expiry, but not up from 0",
  async (broker) => {
    const lowered = await broker.connect(5, {
      properties: [property.sessionExpiry(100)],
    });
    await lowered.disconnect(0, [property.sessionExpiry(0)]);
    assert.equal(await sessionPresent(broker), false);
    const raised = await broker.connect(5, {
      properties: [property.sessionExpiry(1)],
    });
    await raised.disconnect(0, [property.sessionExpiry(50)]);
    await broker.advance(40_000);
    assert.equal(await sessionPresent(broker), true);
    const will = { topic: "w", payload: "x" };
    const zero = await broker.connect(5, { will });
    await zero.send(zero.packets.disconnect(0, [property.sessionExpiry(9)]));
    await zero.expectDisconnect(0x82);
  },
);

conformance(
  "5.0 [MQTT-3.14.2-2] [MQTT-3.14.2-1] the broker's DISCONNECT has no session expiry and a code of the table",
  async (broker) => {
    const { client } = await broker.join(5, {
      properties: [property.sessionExpiry(100)],
    });
    await client.send("c1 00");
    const packet = await client.receive();
    assert.deepEqual([packet.type, packet.code], [14, 0x81]);
    assert.equal(propertyOf(packet, 0x11), undefined);
  },
);

conformance(
  "5.0 [MQTT-3.14.2-3] no DISCONNECT above the client's maximum packet size",
  async (broker) => {
    for (const most of [2, 3, 4, 10]) {
      const client = broker.open(5);
      await client.send(client.packets.connect({
        properties: [property.maximumPacketSize(most)],
      }));
      await client.send("c1 00");
      for (const one of await client.receiveAll()) {
        assert.ok(one.bytes.length <= most, `${one.bytes.length} > ${most}`);
      }
      assert.equal(client.closed, true);
    }
    const roomy = await broker.connect(5, {
      properties: [property.maximumPacketSize(80)],
    });
    await roomy.send("c1 00");
    const packet = await roomy.receive();
    assert.deepEqual([packet.type, packet.code], [14, 0x81]);
    assert.ok(packet.bytes.length <= 80);
  },
);

conformance(
  "5.0 [MQTT-3.14.1-1] wrong flags make a DISCONNECT no clean one",
  async (broker) => {
    const watcher = await broker.connect(5, "watcher");
    await watcher.subscribe(["w"]);
    const client = await broker.connect(5, {
      will: { topic: "w", payload: "lost" },
    });
    await client.send("e2 00");
    await client.expectDisconnect(0x81);
    assert.equal((await watcher.receivePublish()).payload, "lost");
  },
);

conformance(
  "5.0 [MQTT-3.1.2-23] [MQTT-4.1.0-2] a session is kept for its expiry, and not longer",
  async (broker) => {
    for (const expiry of [undefined, 0]) {
      const properties = expiry === 0 ? [property.sessionExpiry(0)] : [];
      const client = await broker.connect(5, { properties });
      await client.disconnect();
      assert.equal(await sessionPresent(broker), false);
      await broker.advance(101_000);
    }
    const client = await broker.connect(5, {
      properties: [property.sessionExpiry(100)],
    });
    await client.drop();
    await broker.advance(99_000);
    assert.equal(await sessionPresent(broker), true);
    await broker.advance(101_000);
    assert.equal(await sessionPresent(broker), false);
  },
);

conformance(
  "5.0 [MQTT-4.1.0-1] a session is kept while its connection is open",
  async (broker) => {
    const client = await broker.connect(5, {
      properties: [property.sessionExpiry(1)],
    });
    await client.subscribe(["t"]);
    await broker.advance(1_000_000);
    await client.publish({ topic: "t", payload: "here" });
    assert.equal((await client.receivePublish()).payload, "here");
  },
);

conformance(
  "5.0 the session expiry is capped and the cap is told",
  async (broker) => {
    for (const asked of [11, 0xffff_ffff]) {
      const { client, connack } = await broker.join(5, {
        clean: false,
        properties: [property.sessionExpiry(asked)],
      });
      assert.equal(propertyOf(connack, 0x11), 10);
      await client.disconnect();
      await broker.advance(11_000);
    }
    assert.equal(await sessionPresent(broker), false);
  },
  { session: { max_expiry: 10 } },
);

conformance(
  "5.0 [MQTT-3.14.2-2] what CONNECT asked for counts, not what the broker made of it: a lasting session may be said to end or to last",
  async (broker) => {
    const watcher = await broker.connect(5, "watcher");
    await watcher.subscribe(["w"]);
    for (const expiry of [0, 9, 1000]) {
      const { client, connack } = await broker.join(5, {
        clientId: "bound",
        properties: [property.sessionExpiry(100)],
        will: { topic: "w", payload: "x" },
      });
      assert.equal(propertyOf(connack, 0x11), 0);
      await client.disconnect(0, [property.sessionExpiry(expiry)]);
      await client.expectClosed();
      await watcher.expectNothing();
      assert.equal(await sessionPresent(broker), false);
    }
    const zero = await broker.connect(5, "zero");
    await zero.send(zero.packets.disconnect(0, [property.sessionExpiry(9)]));
    await zero.expectDisconnect(0x82);
  },
  { session: { max_expiry: 0 } },
);
