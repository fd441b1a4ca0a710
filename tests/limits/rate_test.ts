import assert from "node:assert/strict";
import { eachVersion } from "../support/test_broker.ts";

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
