import assert from "node:assert/strict";
import { property } from "../support/bytes.ts";
import { staying } from "../support/packets.ts";
import { conformance, eachVersion } from "../support/test_broker.ts";

// Stopping, and what the broker tells of itself under $SYS.

eachVersion(
  "a stop closes every connection, and tells 5.0 clients 0x8B",
  async (broker, version) => {
    const client = await broker.connect(version);
    const silent = broker.open(version);
    await broker.stop();
    await client.expectDisconnect(0x8b);
    await silent.expectClosed();
  },
);

eachVersion(
  "a stop publishes the wills of those that are connected",
  async (broker, version) => {
    const watcher = await broker.connect(version, "watcher");
    await watcher.subscribe(["w"]);
    await broker.connect(version, { will: { topic: "w", payload: "gone" } });
    await broker.stop();
    assert.equal((await watcher.receivePublish()).payload, "gone");
    await watcher.expectDisconnect(0x8b);
  },
);

conformance(
  "a stop does not wait for a client that does not read",
  async (broker) => {
    const deaf = broker.open(5, false);
    await deaf.send(deaf.packets.connect({ clientId: "deaf" }));
    await deaf.send(deaf.packets.subscribe(1, ["t"]));
    const other = await broker.connect(5, {
      clientId: "other",
      properties: [property.sessionExpiry(1)],
    });
    await other.publish({ topic: "t", payload: "x".repeat(200_000) });
    await broker.stop();
    await other.expectDisconnect(0x8b);
  },
);

conformance(
  "$SYS has Mosquitto's names, hidden from #, renewed every interval",
  async (broker) => {
    const client = await broker.connect(5);
    await client.subscribe(["#"]);
    await client.expectNothing();
    await client.subscribe(["$SYS/broker/#"]);
    const topics = (await client.receiveAll()).map((one) => one.topic);
    for (
      const name of [
        "version",
        "uptime",
        "clients/total",
        "clients/connected",
        "clients/disconnected",
        "clients/maximum",
        "clients/expired",
        "messages/received",
        "messages/sent",
        "messages/stored",
        "publish/messages/received",
        "publish/messages/sent",
        "publish/messages/dropped",
        "publish/bytes/received",
        "publish/bytes/sent",
        "bytes/received",
        "bytes/sent",
        "subscriptions/count",
        "retained messages/count",
      ]
    ) assert.ok(topics.includes(`$SYS/broker/${name}`), name);
    await broker.advance(60_000);
    const later = await client.receiveAll();
    const load = later.filter((one) => one.topic.includes("/load/"));
    for (const span of ["1min", "5min", "15min"]) {
      assert.ok(load.some((one) => one.topic.endsWith(`/${span}`)), span);
    }
    const uptime = later.findLast((one) => one.topic.endsWith("/uptime"));
    assert.equal(uptime?.payload, "60 seconds");
  },
  { sys: { interval: 10_000 } },
);

conformance(
  "clients may not publish to $SYS",
  async (broker) => {
    const watcher = await broker.connect(5, "watcher");
    await watcher.subscribe(["$SYS/#"]);
    const client = await broker.connect(5);
    await client.publish({
      topic: "$SYS/broker/version",
      qos: 1,
      retain: true,
    });
    const answer = await client.receive();
    assert.ok(answer.type === 14 || answer.code >= 0x80);
    await watcher.expectNothing();
  },
);

conformance(
  "$SYS counts clients, subscriptions and messages as they are",
  async (broker) => {
    const away = await broker.connect(5, staying(5, "away"));
    await away.subscribe([["kept", 1], ["$share/g/x", 0]]);
    await away.disconnect();
    const gone = await broker.connect(5, "gone");
    await gone.disconnect();
    await broker.connect(5, "twice");
    await broker.connect(5, "twice");
    const client = await broker.connect(5, "client");
    await client.publish({ topic: "kept", payload: "1", qos: 1 });
    await client.publish({ topic: "r", payload: "2", retain: true });
    await client.receiveAll();
    await broker.advance(10_000);
    await client.subscribe([
      "$SYS/broker/+/+",
      "$SYS/broker/publish/messages/+",
    ]);
    const counts = new Map(
      (await client.receiveAll()).map((one) => [one.topic, one.payload]),
    );
    const wanted = {
      "clients/connected": "2",
      "clients/disconnected": "1",
      "clients/total": "3",
      "subscriptions/count": "2",
      "publish/messages/received": "2",
    };
    for (const [name, value] of Object.entries(wanted)) {
      assert.equal(counts.get(`$SYS/broker/${name}`), value, name);
    }
  },
  { sys: { interval: 10_000 } },
);
