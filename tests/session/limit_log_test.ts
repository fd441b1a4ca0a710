import assert from "node:assert/strict";
import { property } from "../support/bytes.ts";
import { staying } from "../support/packets.ts";
import { stored } from "./stored_broker.ts";

stored(
  "an alarm is told when it begins, and how long it lasted when it ends",
  "durable",
  async (broker) => {
    await broker.setFull(true);
    await broker.advance(60_000);
    assert.deepEqual(broker.alarms, ["disk: the test says so"]);
    await broker.setFull(false);
    const [, end, ...more] = broker.alarms;
    assert.deepEqual(more, []);
    const lasted = Number(/^disk lasted (\d+) ms$/.exec(end)![1]);
    assert.ok(lasted >= 60_000 && lasted < 63_000, end);
  },
);

stored(
  "an alarm gets another text when it is another matter, and ends once",
  "durable",
  async (broker) => {
    await broker.setShort(true);
    await broker.setFull(true);
    assert.equal(broker.alarms.length, 2);
    await broker.setFull(false);
    assert.equal(broker.alarms.length, 3);
  },
);

stored(
  "who is closed for want of memory is told with the setting and its value",
  "buffered",
  async (broker) => {
    const away = await broker.connect(5, staying(5, "hoarder"));
    await away.subscribe([["t", 1]]);
    await away.drop();
    const client = await broker.connect(4, "publisher");
    const payload = "x".repeat(2000);
    await client.publish({ topic: "t", payload, qos: 1, id: 1 });
    await client.expectAck(4, 1);
    await client.publish({ topic: "t", payload, qos: 1, id: 2 });
    for (let at = 0; at < 4; at++) await broker.advance(10_000);
    await client.expectClosed();
    assert.deepEqual(broker.limits, [
      "memory-full: limits.max_queued_memory is 1024 bytes",
    ]);
  },
  { limits: { max_queued_memory: 1024 } },
);

stored(
  "who is closed because the disk is full is told with what is wrong with it",
  "buffered",
  async (broker) => {
    const client = await broker.connect(4, "publisher");
    await broker.setFull(true);
    await client.publish({ topic: "t", qos: 1, id: 1 });
    for (let at = 0; at < 4; at++) await broker.advance(10_000);
    await client.expectClosed();
    assert.deepEqual(broker.limits, ["disk-full: the test says so"]);
  },
);

stored(
  "who sends too large a packet, too many at once, no CONNECT or nothing is told with the limit",
  "buffered",
  async (broker) => {
    const large = await broker.connect(5, "large");
    await large.publish({ topic: "t", payload: "x".repeat(3000) });
    await large.receiveAll();
    const many = await broker.connect(5, "many");
    for (const id of [1, 2, 3]) {
      await many.publish({ topic: "t", qos: 2, id });
    }
    await many.receiveAll();
    broker.open(5);
    await broker.advance(30_000);
    assert.deepEqual(broker.limits, [
      "protocol-error: max_packet_size of listener tcp is 2000 bytes",
      "protocol-error: receive_maximum of listener tcp is 2",
      "connect-timeout: connect_timeout of listener tcp is 10000 ms",
    ]);
    const silent = await broker.connect(4, { clientId: "s", keepAlive: 90 });
    const idle = await broker.connect(4, { clientId: "i", keepAlive: 30 });
    await broker.advance(60_000);
    await silent.expectNothing();
    await idle.expectClosed();
    await broker.advance(30_001);
    await silent.expectClosed();
    assert.deepEqual(broker.limits.splice(3), [
      "keep-alive: max_keep_alive of listener tcp is 60 s",
    ]);
    const off = await broker.connect(5, "off");
    await off.drop();
    assert.equal(broker.limits.length, 3, "to leave is to meet no limit");
  },
  {
    limits: { max_packet_size: 2000, receive_maximum: 2 },
    session: { max_keep_alive: 60 },
  },
);

stored(
  "a client that takes no packet as large as its answer is told with its maximum",
  "buffered",
  async (broker) => {
    const client = await broker.connect(5, {
      properties: [property.maximumPacketSize(30)],
    });
    const filters = Array.from({ length: 40 }, (_, at) => `t/${at}`);
    await client.send(client.packets.subscribe(1, filters));
    await client.expectDisconnect(0x95);
    assert.deepEqual(broker.limits, [
      "answer-too-large: Maximum Packet Size (0x27) of the client is 30 bytes",
    ]);
  },
);

stored(
  "a client of any version that publishes above max_qos is told of in the log",
  "buffered",
  async (broker) => {
    for (const version of [3, 4, 5] as const) {
      const client = await broker.connect(version, `publisher ${version}`);
      await client.publish({ topic: "t", qos: 2, id: 1 });
      await client.receiveAll();
      await client.expectClosed();
    }
    const line = "protocol-error: max_qos of listener tcp is 1";
    assert.deepEqual(broker.limits, [line, line, line]);
  },
  { protocol: { max_qos: 1 } },
);
