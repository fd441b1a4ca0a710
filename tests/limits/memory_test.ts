import assert from "node:assert/strict";
import { getHeapStatistics } from "node:v8";
import { LEAST_HEAP, stateHeap } from "../../src/broker/heap_limit.ts";
import { property } from "../support/bytes.ts";
import { puback, staying } from "../support/packets.ts";
import {
  conformance,
  eachVersion,
  type TestBroker,
} from "../support/test_broker.ts";
import type { WireClient } from "../support/wire_client.ts";
import { drops, SYS_INTERVAL, sysFigures } from "./sys_figures.ts";

const options = {
  limits: { max_queued_memory: 20_000 },
  sys: { interval: SYS_INTERVAL },
};

const PAYLOAD = "x".repeat(1000);

/** A session that is away and fills the memory as far as it is let. */
async function hoarder(broker: TestBroker): Promise<void> {
  const away = await broker.connect(5, staying(5, "hoarder"));
  await away.subscribe([["t", 2]]);
  await away.disconnect();
}

async function publishMany(client: WireClient, from: number, to: number) {
  for (let id = from; id <= to; id++) {
    client.post(client.packets.publish({
      topic: "t",
      payload: PAYLOAD,
      qos: 1,
      id,
    }));
  }
  return (await client.receiveAll()).filter((one) => one.type === 4);
}

/** Ends the hoarder, and with it what it holds. */
async function free(broker: TestBroker): Promise<void> {
  const clean = await broker.connect(5, "hoarder");
  await clean.disconnect();
}

async function queuedBytes(broker: TestBroker): Promise<number> {
  const figures = await sysFigures(broker, "$SYS/broker/store/#");
  return Number(figures.get("store/messages/bytes"));
}

conformance(
  "5.0 above max_queued_memory QoS 1 and 2 get 0x97 and are counted, and the same ids serve again when there is room",
  async (broker) => {
    await hoarder(broker);
    const client = await broker.connect(5, "publisher");
    const acks = await publishMany(client, 1, 40);
    assert.equal(acks.length, 40);
    const refused = acks.filter((one) => one.code === 0x97);
    const taken = 40 - refused.length;
    assert.ok(taken >= 15 && taken <= 20, `${taken} messages of 1000 bytes`);
    assert.ok(acks.slice(0, taken).every((one) => one.code === 0));
    await client.publish({ topic: "t", qos: 2, id: 50 });
    await client.expectAck(5, 50, 0x97);
    const bytes = await queuedBytes(broker);
    assert.ok(bytes <= 20_000 + 1100 + 96, `${bytes} bytes`);
    const dropped = (await drops(broker))["memory-full"];
    assert.equal(dropped, refused.length + 1);
    await free(broker);
    assert.equal(await queuedBytes(broker), 0);
    // The refused exchange is over: its id means a new message.
    await client.publish({ topic: "t", qos: 2, id: 50 });
    await client.expectAck(5, 50, 0x10);
  },
  options,
);

conformance(
  "3.1.1 above max_queued_memory the reader pauses; when there is room it goes on and nothing was lost",
  async (broker) => {
    await hoarder(broker);
    const client = await broker.connect(4, {
      clientId: "publisher",
      keepAlive: 1,
    });
    const first = await publishMany(client, 1, 40);
    assert.ok(first.length >= 15 && first.length <= 20);
    client.post(client.packets.publish({ topic: "t", qos: 2, id: 50 }));
    client.post("c0 00");
    for (let second = 0; second < 10; second++) await broker.advance(1000);
    await client.expectNothing(); // nor a keep alive that runs out
    await free(broker);
    await broker.advance(200);
    const rest = await client.receiveAll();
    const acks = rest.filter((one) => one.type === 4);
    assert.deepEqual(
      [...first, ...acks].map((one) => one.packetId),
      Array.from({ length: 40 }, (_, at) => at + 1),
    );
    assert.deepEqual(rest.slice(-2).map((one) => one.type), [5, 13]);
    assert.deepEqual((await drops(broker))["memory-full"], undefined);
  },
  options,
);

conformance(
  "a paused 3.1.1 publisher goes on, a little at a time, as a subscriber acknowledges",
  async (broker) => {
    const slow = await broker.connect(5, staying(5, "slow"));
    await slow.subscribe([["t", 1]]);
    const client = await broker.connect(4, "publisher");
    let acked = (await publishMany(client, 1, 60)).length;
    assert.ok(acked < 30);
    const got = new Set<number>();
    for (let round = 0; round < 20; round++) {
      for (const { packetId } of await slow.receiveAll()) {
        got.add(packetId);
        await slow.send(puback(packetId));
      }
      await broker.advance(100);
      acked += (await client.receiveAll()).length;
    }
    assert.deepEqual([acked, got.size], [60, 60]);
    assert.equal(await queuedBytes(broker), 0);
  },
  options,
);

conformance(
  "a full memory holds up no QoS 0, no acknowledgement, no new connection",
  async (broker) => {
    await hoarder(broker);
    const one = await broker.connect(4, "publisher");
    await publishMany(one, 1, 40);
    const reader = await broker.connect(4, "reader");
    await reader.subscribe(["zero"]);
    const other = await broker.connect(4, "other");
    await other.publish({ topic: "zero", payload: "0" });
    assert.equal((await reader.receivePublish()).payload, "0");
    await other.expectAlive();
    const late = await broker.connect(5, {
      clientId: "late",
      properties: [property.receiveMaximum(5)],
    });
    await late.expectAlive();
  },
  options,
);

conformance(
  "a paused publisher that gives up leaves nothing behind",
  async (broker) => {
    await hoarder(broker);
    const client = await broker.connect(4, "publisher");
    await publishMany(client, 1, 40);
    await client.drop();
    await broker.advance(5000);
    await free(broker);
    await broker.advance(5000);
    assert.equal(await queuedBytes(broker), 0);
    const figures = await sysFigures(broker, "$SYS/broker/clients/#");
    assert.equal(figures.get("clients/connected"), "0");
  },
  options,
);

conformance(
  "with queue_qos0 a full memory drops QoS 0 that would wait, and counts it",
  async (broker) => {
    await hoarder(broker);
    const client = await broker.connect(5, "publisher");
    await publishMany(client, 1, 40);
    const before = (await drops(broker))["memory-full"];
    for (let at = 0; at < 5; at++) {
      await client.publish({ topic: "t", payload: "0" });
    }
    assert.equal((await drops(broker))["memory-full"], before + 5);
  },
  { ...options, session: { queue_qos0: true } },
);

conformance(
  "a 3.1.1 publisher for whom there is no room in 30 s is closed, for that reason",
  async (broker) => {
    await hoarder(broker);
    const client = await broker.connect(4, "publisher");
    await publishMany(client, 1, 40);
    await broker.advance(29_500);
    assert.equal(client.closed, false);
    const before = await sysFigures(broker, "$SYS/broker/clients/closed/+");
    assert.equal(before.get("clients/closed/memory-full"), "0");
    await broker.advance(1000);
    await client.expectClosed();
    const after = await sysFigures(broker, "$SYS/broker/clients/closed/+");
    assert.equal(after.get("clients/closed/memory-full"), "1");
  },
  options,
);

conformance(
  "a large message that waited for room is not written over by what comes next, live or sent again",
  async (broker) => {
    await hoarder(broker);
    await publishMany(await broker.connect(5, "filler"), 1, 40);
    let reader = await broker.connect(4, staying(4, "reader"));
    await reader.subscribe([["large", 1]]);
    const client = await broker.connect(4, "publisher");
    const payload = "a".repeat(100_000);
    client.post(
      client.packets.publish({ topic: "large", payload, qos: 1, id: 1 }),
      client.packets.publish({ topic: "none", payload: "b".repeat(300_000) }),
    );
    await reader.expectNothing();
    await free(broker);
    await broker.advance(200);
    await client.expectAck(4, 1);
    const first = await reader.receivePublish();
    assert.ok(first.payload === payload, "another payload came");
    await reader.drop();
    reader = await broker.connect(4, staying(4, "reader"));
    const again = await reader.receivePublish();
    assert.equal(again.dup, true);
    assert.ok(again.payload === payload, "another payload came again");
  },
  options,
);

eachVersion(
  "a broker whose heap has no room for state refuses sessions that last, and serves the others",
  async (broker, version) => {
    const client = broker.open(version);
    await client.send(client.packets.connect(staying(version, "lasting")));
    await client.expectAck(2, 0, version === 5 ? 0x97 : 3);
    await client.expectClosed();
    const other = await broker.connect(version, "short");
    await other.expectAlive();
  },
  { heapLimit: 0 },
);

Deno.test("the heap for state is half of what V8 allows", async () => {
  const limit = getHeapStatistics().heap_size_limit;
  assert.equal(await stateHeap(), limit / 2);
  assert.ok(Number.isFinite(limit) && limit > 2 * LEAST_HEAP);
});
