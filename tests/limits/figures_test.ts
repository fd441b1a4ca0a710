import assert from "node:assert/strict";
import { HISTORY_COLUMNS } from "../../src/broker/figures/history.ts";
import type { StatusFigures } from "../../src/admin/mod.ts";
import { staying } from "../support/packets.ts";
import { conformance, type TestBroker } from "../support/test_broker.ts";
import { SYS_INTERVAL, sysFigures } from "./sys_figures.ts";

/** Longer than any test. */
const LONG = 3600_000;

async function figuresOf({ broker }: TestBroker): Promise<StatusFigures> {
  return (await broker.steering.figures.keep(LONG)).read();
}

/** Only the counts that are not 0. */
function counted(counts: Readonly<Record<string, number>>) {
  return Object.fromEntries(
    Object.entries(counts).filter(([, count]) => count !== 0),
  );
}

/**
 * Three sessions, two of them connected; five messages in, of 5 bytes each: one
 * retained, three of QoS 1 to two subscribers, of which one is away.
 */
async function traffic(broker: TestBroker): Promise<void> {
  const away = await broker.connect(5, staying(5, "away"));
  await away.subscribe([["t/#", 1], ["$share/g/x", 0]]);
  await away.disconnect();
  const here = await broker.connect(4, "here");
  await here.subscribe(["t/1"]);
  const client = await broker.connect(5, "publisher");
  for (let id = 1; id <= 3; id++) {
    await client.publish({ topic: `t/${id}`, payload: "12345", qos: 1, id });
    await client.expectAck(4, id);
  }
  await client.publish({ topic: "kept", payload: "67890", retain: true });
  // No QoS 0 message waits for the session that is away.
  await client.publish({ topic: "t/0", payload: "abcde" });
  await here.receivePublish();
}

conformance(
  "figures: each is what the clients sent and received",
  async (broker) => {
    await figuresOf(broker);
    await traffic(broker);
    await broker.advance(5000);
    const figures = await figuresOf(broker);
    assert.equal(figures.time, broker.clock.date());
    assert.equal(figures.uptime, 5);
    assert.deepEqual(figures.clients, { connected: 2, maximum: 2 });
    assert.deepEqual(figures.sessions, { count: 3, away: 1, expired: 0 });
    assert.deepEqual(figures.subscriptions, { count: 3, shared: 1 });
    assert.deepEqual(figures.messages, {
      ...{ received: 5, sent: 1, dropped: 1, retained: 1, ownRetained: 0 },
      queued: 3,
    });
    assert.deepEqual(figures.payload, { received: 25, sent: 5 });
    // CONNECT 3, SUBSCRIBE 2, DISCONNECT 1, PUBLISH 5.
    assert.equal(figures.packets.received, 11);
    // CONNACK 3, SUBACK 2, PUBACK 3, PUBLISH 1.
    assert.equal(figures.packets.sent, 9);
    assert.deepEqual(figures.connections, { opened: 3, accepted: 3 });
    assert.deepEqual(counted(figures.dropped), { "detached-qos0": 1 });
    assert.deepEqual(counted(figures.closed), { "client-disconnect": 1 });
    assert.deepEqual(counted(figures.paused), {});
    assert.deepEqual(figures.errors, {
      ...{ internal: 0, invariants: 0, slowTurns: 0 },
    });
    assert.deepEqual([figures.logins, figures.alarms], [null, []]);
    const { storage } = figures;
    assert.equal(storage.mode, "memory");
    // Topic and payload of "kept".
    assert.equal(storage.retainedBytes, 9);
    assert.ok(storage.queuedBytes > 3 * 8, "three messages wait");
    assert.ok(storage.sessionBytes > 3 * 1000, "three sessions");
  },
);

conformance(
  "figures: sessions that end leave no size behind",
  async (broker) => {
    const client = await broker.connect(5, "c");
    await client.subscribe(["a/b/c", "a/+", "$share/g/a"]);
    const before = await figuresOf(broker);
    assert.ok(before.storage.sessionBytes > 1000);
    await client.disconnect();
    const after = await figuresOf(broker);
    assert.equal(after.storage.sessionBytes, 0);
    assert.equal(after.storage.storedBytes, 0);
  },
);

conformance(
  "figures: $SYS shows the same, and its own messages are counted apart",
  async (broker) => {
    await traffic(broker);
    const sys = await sysFigures(broker);
    const { messages, bytes, packets } = await figuresOf(broker);
    assert.equal(sys.get("publish/messages/received"), "5");
    assert.equal(messages.received, 5);
    assert.ok(bytes.received > 100 && packets.received > 11);
    assert.equal(messages.retained, 1);
    assert.ok(messages.ownRetained > 80);
    const all = Number(sys.get("retained messages/count"));
    assert.ok(all > 80 && all <= messages.retained + messages.ownRetained);
    await broker.reload({ sys: { interval: 0 } });
    const off = await figuresOf(broker);
    assert.deepEqual([off.messages.retained, off.messages.ownRetained], [1, 0]);
    assert.equal(off.storage.retainedBytes, 9);
  },
  { sys: { interval: SYS_INTERVAL } },
);

conformance(
  "figures: rates are changes a second over ten seconds, and the history has a point for each ten",
  async (broker) => {
    const client = await broker.connect(5, "c");
    await figuresOf(broker);
    await broker.advance(10_000);
    for (let n = 0; n < 40; n++) {
      await client.publish({ topic: "t", payload: "x" });
    }
    await broker.advance(10_000);
    const { rates } = await figuresOf(broker);
    assert.equal(rates.seconds, 10);
    assert.equal(rates.perSecond.received, 4);
    assert.equal(rates.perSecond.clients, 0);
    const { history } = await broker.broker.steering.figures.keep(LONG);
    assert.deepEqual(history.columns, HISTORY_COLUMNS);
    const at = history.columns.indexOf("received");
    assert.deepEqual(history.points.map((point) => point[at]), [0, 0, 40]);
    assert.equal(history.at[2] - history.at[0], 20_000);
  },
);

conformance(
  "figures: the history is bounded to an hour",
  async (broker) => {
    await figuresOf(broker);
    await broker.advance(LONG - 1);
    await figuresOf(broker);
    await broker.advance(LONG - 1);
    const { history } = await broker.broker.steering.figures.keep(LONG);
    assert.equal(history.points.length, 361);
    assert.equal(history.at[360] - history.at[0], LONG);
  },
);

conformance(
  "figures: the history ends an hour after the last question, and a holder keeps it",
  async (broker) => {
    const { figures } = broker.broker.steering;
    const first = await figures.keep(LONG);
    await broker.advance(LONG);
    const second = await figures.keep(LONG);
    assert.notEqual(first, second);
    assert.equal(await figures.hold(), second);
    await broker.advance(LONG * 2);
    assert.equal(await figures.keep(1), second);
    await broker.advance(1);
    assert.equal(await figures.hold(), second);
    figures.release();
    figures.release();
    assert.notEqual(await figures.hold(), second);
    figures.release();
  },
);

conformance(
  "figures: the event loop's lateness is that of a timer, without suspensions",
  async (broker) => {
    await figuresOf(broker);
    broker.clock.suspend(60_000);
    await broker.advance(1000);
    assert.deepEqual((await figuresOf(broker)).lag, { last: 0, longest: 0 });
    broker.clock.work(1250);
    await broker.advance(0);
    const { lag } = await figuresOf(broker);
    assert.deepEqual(lag, { last: 0.25, longest: 0.25 });
    await broker.advance(10_000);
    assert.deepEqual((await figuresOf(broker)).lag, { last: 0, longest: 0 });
  },
);

conformance(
  "figures: a write counts as one delivery, by its oldest message; a turn ends behind the writes",
  async (broker) => {
    const client = await broker.connect(5, "c");
    await client.subscribe(["t"]);
    await figuresOf(broker);
    client.post(client.packets.publish({ topic: "t", payload: "1" }));
    client.post(client.packets.publish({ topic: "t", payload: "2" }));
    await client.receivePublish();
    await client.receivePublish();
    const { deliveries, turns } = await figuresOf(broker);
    assert.ok(deliveries.count >= 1 && deliveries.count <= 2);
    assert.ok(turns.count >= 1);
    assert.equal(deliveries.counts[0], deliveries.count);
    assert.deepEqual(deliveries.bounds.slice(0, 3), [0.0001, 0.00025, 0.0005]);
  },
);

conformance(
  "figures: nothing is measured before somebody asks, nor an hour later",
  async (broker) => {
    const { figures } = broker.broker.steering;
    const client = await broker.connect(5, "c");
    await client.subscribe(["t"]);
    const recorder = await figures.keep(1000);
    await broker.advance(1000);
    const { count } = recorder.read().turns;
    await client.publish({ topic: "t", payload: "1" });
    await client.receivePublish();
    assert.equal(recorder.read().turns.count, count);
  },
);

conformance(
  "figures: bytes are those of the packets",
  async (broker) => {
    const client = await broker.connect(4, "c");
    await client.send(new Uint8Array([0xc0, 0]));
    await client.receive();
    const { bytes } = await figuresOf(broker);
    // CONNECT of 15 bytes and PINGREQ; CONNACK and PINGRESP.
    assert.deepEqual(bytes, { received: 15 + 2, sent: 4 + 2 });
  },
);

conformance(
  "figures: a listener has its connections",
  async (broker) => {
    const client = await broker.connect(5, "c");
    const connections = async () =>
      (await figuresOf(broker)).listeners.map((one) => one.connections);
    assert.deepEqual(await connections(), [1]);
    await client.disconnect();
    assert.deepEqual(await connections(), [0]);
  },
);

conformance(
  "figures: the delivery of messages that wait for a slow reader has the time of their wait",
  async (broker) => {
    const slow = broker.open(4, false);
    await slow.send(slow.packets.connect({ clientId: "slow" }));
    await slow.send(slow.packets.subscribe(1, ["t"]));
    const other = await broker.connect(4, "publisher");
    await figuresOf(broker);
    // The pipe to the reader holds 64 KiB.
    for (let n = 0; n < 6; n++) {
      await other.publish({ topic: "t", payload: `${n}`.padEnd(20_000, ".") });
    }
    const before = (await figuresOf(broker)).deliveries;
    await broker.advance(300);
    slow.reading = true;
    await slow.receiveAll();
    const { deliveries } = await figuresOf(broker);
    const late = deliveries.counts[deliveries.bounds.indexOf(0.5)];
    assert.ok(before.count >= 1 && before.sum === 0);
    assert.ok(late >= 1, "some waited");
    assert.equal(deliveries.count, before.count + late);
    assert.ok(Math.abs(deliveries.sum - late * 0.3) < 1e-9);
  },
);
