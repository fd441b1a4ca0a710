import assert from "node:assert/strict";
import { property } from "../support/bytes.ts";
import { pubrel, staying } from "../support/packets.ts";
import { conformance, eachVersion } from "../support/test_broker.ts";

// Every bound that an operator can set: it holds, it says so to the client where
// the version has a word for it, and others go on as before.

eachVersion(
  "connections in all are bounded, and places come free",
  async (broker, version) => {
    const one = await broker.connect(version, "one");
    await broker.connect(version, "two");
    const third = broker.open(version);
    await third.send(third.packets.connect({ clientId: "three" }));
    await third.expectClosed();
    await one.disconnect();
    await broker.connect(version, "four");
  },
  { limits: { max_connections: 2 } },
);

eachVersion(
  "connections of one listener are bounded",
  async (broker, version) => {
    await broker.connect(version, "one");
    const second = broker.open(version);
    await second.send(second.packets.connect({ clientId: "two" }));
    await second.expectClosed();
  },
  { listener: { max_connections: 1 } },
);

eachVersion(
  "connections of one address are bounded, others come in",
  async (broker, version) => {
    broker.open(version, true, "10.0.0.1");
    const second = broker.open(version, true, "10.0.0.1");
    await second.expectClosed();
    const other = broker.open(version, true, "10.0.0.2");
    await other.expectNothing();
  },
  { limits: { max_connections_per_address: 1 } },
);

eachVersion(
  "publishing faster than the rate pauses the reader and loses nothing",
  async (broker, version) => {
    const watcher = await broker.connect(version, "watcher");
    await watcher.subscribe(["t"]);
    const client = await broker.connect(version);
    const bytes = Array.from(
      { length: 30 },
      (_, at) => client.packets.publish({ topic: "t", payload: `${at}` }),
    );
    for (const one of bytes) await client.send(one);
    const early = (await watcher.receiveAll()).length;
    assert.ok(early >= 10 && early <= 20, `${early} at once`);
    for (let second = 0; second < 4; second++) await broker.advance(1_000);
    assert.equal(early + (await watcher.receiveAll()).length, 30);
    await client.expectAlive();
  },
  { limits: { publish_rate: 10 } },
);

eachVersion(
  "publishing more bytes than the rate pauses the reader and loses nothing",
  async (broker, version) => {
    const watcher = await broker.connect(version, "watcher");
    await watcher.subscribe(["t"]);
    const client = await broker.connect(version);
    for (let at = 0; at < 10; at++) {
      await client.publish({ topic: "t", payload: "x".repeat(1000) });
    }
    const early = (await watcher.receiveAll()).length;
    assert.ok(early >= 1 && early <= 4, `${early} at once`);
    for (let second = 0; second < 8; second++) await broker.advance(1_000);
    assert.equal(early + (await watcher.receiveAll()).length, 10);
  },
  { limits: { publish_bytes_rate: 2000 } },
);

conformance(
  "5.0 above the memory for queued messages QoS 1 and 2 get 0x97, QoS 0 goes on, and it recovers",
  async (broker) => {
    const away = await broker.connect(5, staying(5));
    await away.subscribe([["t", 2]]);
    await away.disconnect();
    const watcher = await broker.connect(5, "watcher");
    await watcher.subscribe(["zero"]);
    const other = await broker.connect(5, "publisher");
    let refused = 0;
    for (let id = 1; id <= 30; id++) {
      await other.publish({
        topic: "t",
        payload: "x".repeat(1000),
        qos: 1,
        id,
      });
      const { code } = await other.receive();
      assert.ok(code === 0 || code === 0x97);
      if (code === 0x97) refused++;
    }
    assert.ok(refused >= 5, `${refused} refused`);
    await other.publish({ topic: "t", qos: 2, id: 50 });
    await other.expectAck(5, 50, 0x97);
    await other.publish({ topic: "zero", payload: "0" });
    assert.equal((await watcher.receivePublish()).payload, "0");
    const clean = await broker.connect(5, "subscriber");
    await clean.disconnect();
    await other.publish({ topic: "t", qos: 1, id: 51 });
    await other.expectAck(4, 51);
  },
  { limits: { max_queued_memory: 20_000 } },
);

eachVersion(
  "a subscriber that never reads holds up nobody and is bounded",
  async (broker, version) => {
    const deaf = broker.open(version, false);
    await deaf.send(deaf.packets.connect({ clientId: "deaf" }));
    await deaf.send(deaf.packets.subscribe(1, ["t"]));
    const reader = await broker.connect(version, "reader");
    await reader.subscribe(["t"]);
    const other = await broker.connect(version, "publisher");
    const payload = "x".repeat(50_000);
    for (let at = 0; at < 40; at++) {
      await other.publish({ topic: "t", payload });
      assert.equal((await reader.receivePublish()).payload.length, 50_000);
    }
    await other.expectAlive();
    // What did go out comes in order and whole, once it reads.
    deaf.reading = true;
    const all = await deaf.receiveAll();
    const count = all.filter((one) => one.type === 3).length;
    assert.ok(count < 40, `${count} were kept for a client that does not read`);
  },
  { limits: { max_outbound: 500_000 } },
);

eachVersion(
  "a packet announced too large is refused from its header, before CONNECT too",
  async (broker, version) => {
    const early = broker.open(version);
    await early.send("10 80 80 80 73");
    const told = await early.receiveAll();
    assert.ok(told.every((one) => one.type === 2 && one.code >= 0x80));
    assert.equal(early.closed, true);
    const late = await broker.connect(version);
    await late.send("30 80 80 80 73");
    await late.expectDisconnect(0x95);
  },
);

conformance(
  "3.1.1 a QoS above the maximum ends the connection",
  async (broker) => {
    const client = await broker.connect(4);
    await client.publish({ topic: "t", qos: 2 });
    await client.expectClosed();
  },
  { protocol: { max_qos: 1 } },
);

conformance(
  "3.1.1 where retain is not available nothing is retained",
  async (broker) => {
    const client = await broker.connect(4);
    await client.publish({ topic: "t", payload: "x", retain: true });
    const late = await broker.connect(4, "late");
    await late.subscribe(["t"]);
    await late.expectNothing();
  },
  { retained: { available: false } },
);

conformance(
  "3.1.1 more QoS 2 in flight than receive_maximum is held back, not lost",
  async (broker) => {
    const client = await broker.connect(4);
    for (const id of [1, 2, 3]) {
      await client.publish({ topic: "t", qos: 2, id });
    }
    const ids = (await client.receiveAll()).map((one) => one.packetId);
    assert.ok(ids.includes(1) && ids.includes(2));
    // 3.1.1 has no receive maximum: a close would be a surprise for a client.
    assert.equal(client.closed, false);
    await client.send(pubrel(1), pubrel(2));
  },
  { limits: { receive_maximum: 2 } },
);

conformance(
  "5.0 a retained message beyond the bound of bytes gets 0x97",
  async (broker) => {
    const client = await broker.connect(5);
    const publish = (topic: string, payload: string) =>
      client.publish({ topic, payload, qos: 1, retain: true });
    await publish("a", "x".repeat(400));
    await client.expectAck(4, 1, 0x10);
    await publish("b", "x".repeat(5000));
    await client.expectAck(4, 1, 0x97);
    await client.subscribe(["#"]);
    assert.equal((await client.receivePublish()).topic, "a");
    await client.expectNothing();
  },
  { retained: { max_bytes: 2000 } },
);

conformance(
  "each dropped message is counted by its reason, for the operator to see",
  async (broker) => {
    const away = await broker.connect(5, staying(5));
    await away.subscribe([["t", 1]]);
    await away.disconnect();
    const client = await broker.connect(5, "publisher");
    for (let id = 1; id <= 5; id++) {
      await client.publish({ topic: "t", qos: 1, id });
      await client.receive();
    }
    await client.publish({ topic: "t" });
    const small = await broker.connect(5, {
      clientId: "small",
      properties: [property.maximumPacketSize(50)],
    });
    await small.subscribe(["large"]);
    await client.publish({ topic: "large", payload: "x".repeat(100) });
    await broker.advance(1_000);
    await client.subscribe(["$SYS/broker/dropped/+"]);
    const counts = Object.fromEntries(
      (await client.receiveAll()).map(({ topic, payload }) => [
        topic.split("/").pop(),
        payload,
      ]),
    );
    assert.equal(counts["backlog-messages"], "3");
    assert.equal(counts["detached-qos0"], "1");
    assert.equal(counts["packet-too-large"], "1");
  },
  { session: { backlog_messages: 2 }, sys: { interval: 1000 } },
);

eachVersion(
  "a reader that the broker paused is not taken for silent",
  async (broker, version) => {
    const client = await broker.connect(version, { keepAlive: 10 });
    await client.publish({ topic: "t", payload: "x".repeat(4000) });
    for (let time = 0; time < 12; time++) {
      client.post("c0 00");
      await broker.advance(5_000);
    }
    const pings = (await client.receiveAll()).filter((one) => one.type === 13);
    assert.equal(pings.length, 12);
    assert.equal(client.closed, false);
  },
  { limits: { publish_bytes_rate: 100 } },
);

conformance(
  "3.1.1 above the memory for queued messages the reader waits, and goes on when there is room",
  async (broker) => {
    const away = await broker.connect(4, staying(4));
    await away.subscribe([["t", 1]]);
    await away.disconnect();
    const other = await broker.connect(4, "publisher");
    const count = 30;
    for (let id = 1; id <= count; id++) {
      await other.publish({
        topic: "t",
        payload: "x".repeat(1000),
        qos: 1,
        id,
      });
    }
    const early = (await other.receiveAll()).length;
    assert.ok(early > 0 && early < count, `${early} acknowledged`);
    assert.equal(other.closed, false);
    const clean = await broker.connect(4, "subscriber");
    await clean.disconnect();
    await broker.advance(1_000);
    assert.equal(early + (await other.receiveAll()).length, count);
  },
  { limits: { max_queued_memory: 20_000 } },
);

eachVersion(
  "the length of a filter is counted in bytes",
  async (broker, version) => {
    const client = await broker.connect(version);
    const filters = ["é".repeat(10), "é".repeat(11)];
    await client.send(client.packets.subscribe(1, filters));
    const { codes } = await client.receive();
    assert.equal(codes[0], 0);
    assert.ok(codes[1] >= 0x80);
  },
  { limits: { max_topic_length: 20 } },
);

eachVersion(
  "a publish rate holds for each client by itself",
  async (broker, version) => {
    const fast = await broker.connect(version, "fast");
    for (let at = 0; at < 20; at++) await fast.publish({ topic: "t" });
    const calm = await broker.connect(version, "calm");
    await calm.publish({ topic: "t", qos: 1 });
    await calm.expectAck(4, 1);
  },
  { limits: { publish_rate: 5 } },
);
