import assert from "node:assert/strict";
import { eachVersion, type TestBroker } from "../support/test_broker.ts";

eachVersion(
  "publish_rate lets a second's worth through, then one message each tenth of a second",
  async (broker, version) => {
    const watcher = await broker.connect(version, "watcher");
    await watcher.subscribe(["t"]);
    const client = await broker.connect(version);
    for (let at = 0; at < 30; at++) {
      await client.publish({ topic: "t", payload: `${at}` });
    }
    const seen = await watcher.receiveAll();
    // The one that goes beyond still passes; the next ones wait.
    assert.equal(seen.length, 11);
    for (let more = 12; more <= 30; more++) {
      await broker.advance(99);
      seen.push(...await watcher.receiveAll());
      assert.equal(seen.length, more - 1, "too early");
      await broker.advance(1);
      seen.push(...await watcher.receiveAll());
      assert.equal(seen.length, more, "too late");
    }
    assert.deepEqual(
      seen.map((one) => one.payload),
      Array.from({ length: 30 }, (_, at) => `${at}`),
    );
  },
  { limits: { publish_rate: 10 } },
);

eachVersion(
  "publish_bytes_rate counts whole packets, and holds up nobody else",
  async (broker, version) => {
    const watcher = await broker.connect(version, "watcher");
    await watcher.subscribe(["t", "u"]);
    const client = await broker.connect(version);
    const empty = client.packets.publish({ topic: "t" }).length;
    const payload = "x".repeat(500 - empty - 1);
    const packet = client.packets.publish({ topic: "t", payload });
    assert.equal(packet.length, 500);
    for (let at = 0; at < 10; at++) await client.send(packet);
    assert.equal((await watcher.receiveAll()).length, 5, "2000 bytes and one");
    const other = await broker.connect(version, "other");
    await other.publish({ topic: "u" });
    assert.equal((await watcher.receivePublish()).topic, "u");
    for (let at = 0; at < 5; at++) {
      await broker.advance(249);
      await watcher.expectNothing();
      await broker.advance(1);
      await watcher.receivePublish();
    }
  },
  { limits: { publish_bytes_rate: 2000 } },
);

eachVersion(
  "a reader that is paused is no silent client: keep alive does not end it",
  async (broker, version) => {
    const client = await broker.connect(version, {
      clientId: "c",
      keepAlive: 1,
    });
    const payload = "x".repeat(2000);
    for (let at = 0; at < 3; at++) {
      client.post(client.packets.publish({ topic: "t", payload }));
    }
    for (let second = 0; second < 30; second++) await broker.advance(1000);
    assert.equal(client.closed, false);
    await client.send("c0 00");
    for (let second = 0; second < 60; second++) await broker.advance(1000);
    await client.receiveAll();
    assert.ok(client.closed, "silence counts again once it is read");
  },
  { limits: { publish_bytes_rate: 100 } },
);

eachVersion(
  "a repeated QoS 2 PUBLISH counts for the rate, too",
  async (broker, version) => {
    const client = await broker.connect(version);
    const first = { topic: "t", qos: 2, id: 1 };
    await client.publish(first);
    for (let at = 0; at < 30; at++) {
      await client.publish({ ...first, dup: true });
    }
    const seen = await client.receiveAll();
    // The one that goes beyond still passes; the next ones wait.
    assert.equal(seen.length, 11);
    await broker.advance(1000);
    assert.equal((await client.receiveAll()).length, 10);
  },
  { limits: { publish_rate: 10 } },
);

/** A client that has published ten seconds' worth, and a watcher of it. */
async function hasty(broker: TestBroker, version: 4 | 5) {
  const watcher = await broker.connect(version, "watcher");
  await watcher.subscribe(["#"]);
  const client = await broker.connect(version, {
    clientId: "hasty",
    will: { topic: "will", payload: "gone" },
  });
  await client.publish({ topic: "t", payload: "x".repeat(1000) });
  assert.equal((await watcher.receivePublish()).topic, "t");
  return { client, watcher };
}

eachVersion(
  "a client that has been too fast waits with its next PUBLISH alone: it is answered, and may leave at once",
  async (broker, version) => {
    const { client, watcher } = await hasty(broker, version);
    await client.expectAlive();
    await client.subscribe(["other"]);
    await client.drop();
    assert.equal((await watcher.receivePublish()).topic, "will");
    const again = await hasty(broker, version);
    await again.client.disconnect();
    await again.client.expectClosed();
    await again.watcher.expectNothing();
  },
  { limits: { publish_bytes_rate: 100 } },
);

eachVersion(
  "a reload that lifts or changes the rate ends the pause, another one does not",
  async (broker, version) => {
    for (const rate of [0, 5000]) {
      const { client, watcher } = await hasty(broker, version);
      await client.publish({ topic: "t", payload: "next" });
      await broker.reload({
        limits: { publish_bytes_rate: 100, max_inflight: 3 },
      });
      await watcher.expectNothing();
      await broker.reload({ limits: { publish_bytes_rate: rate } });
      assert.equal((await watcher.receivePublish()).payload, "next");
      // Nothing of the old pause is left that would end one to come.
      await broker.reload({ limits: { publish_bytes_rate: 100 } });
      await client.publish({ topic: "t", payload: "x".repeat(2000) });
      await watcher.receivePublish();
      await client.publish({ topic: "t", payload: "last" });
      await broker.advance(15_000);
      await watcher.expectNothing();
      await broker.advance(5_000);
      assert.equal((await watcher.receivePublish()).payload, "last");
      await client.disconnect();
    }
  },
  { limits: { publish_bytes_rate: 100 } },
);
