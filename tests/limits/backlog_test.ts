import assert from "node:assert/strict";
import { puback, staying } from "../support/packets.ts";
import { eachVersion, type TestBroker } from "../support/test_broker.ts";
import { drops, SYS_INTERVAL, sysFigures } from "./sys_figures.ts";

const sys = { interval: SYS_INTERVAL };

/** A session that is away, and `count` messages published to it. */
async function publishTo(
  broker: TestBroker,
  version: 4 | 5,
  count: number,
  payload: (n: number) => string,
) {
  const away = await broker.connect(version, staying(version));
  await away.subscribe([["t", 2]]);
  await away.disconnect();
  const other = await broker.connect(version, "publisher");
  for (let id = 1; id <= count; id++) {
    await other.publish({ topic: "t", payload: payload(id), qos: 1, id });
    await other.expectAck(4, id);
  }
  return other;
}

async function collect(broker: TestBroker, version: 4 | 5) {
  const again = await broker.connect(version, staying(version));
  return (await again.receiveAll()).map((one) => one.payload);
}

for (
  const [policy, kept] of [["drop-new", ["1", "2", "3"]], [
    "drop-old",
    ["5", "6", "7"],
  ]] as const
) {
  eachVersion(
    `of 7 messages a backlog of 3 keeps those that ${policy} says; 4 are counted`,
    async (broker, version) => {
      await publishTo(broker, version, 7, (n) => `${n}`);
      assert.deepEqual(await drops(broker), { "backlog-messages": 4 });
      assert.deepEqual(await collect(broker, version), kept);
    },
    { session: { backlog_messages: 3, backlog_policy: policy }, sys },
  );
}

// A topic of one byte and 199 of payload count as 200.
for (
  const [policy, kept] of [["drop-new", "12345"], [
    "drop-old",
    "56789",
  ]] as const
) {
  eachVersion(
    `of 9 messages of 200 bytes a backlog of 1000 bytes keeps those that ${policy} says`,
    async (broker, version) => {
      await publishTo(broker, version, 9, (n) => `${n}`.padEnd(199, "."));
      assert.deepEqual(await drops(broker), { "backlog-bytes": 4 });
      const payloads = await collect(broker, version);
      assert.equal(payloads.map((one) => one[0]).join(""), kept);
    },
    { session: { backlog_bytes: 1000, backlog_policy: policy }, sys },
  );
}

eachVersion(
  "drop-old makes room for a large message as for several small ones",
  async (broker, version) => {
    await publishTo(
      broker,
      version,
      6,
      (n) => `${n}`.padEnd(n === 6 ? 599 : 199, "."),
    );
    assert.deepEqual(await drops(broker), { "backlog-bytes": 3 });
    const payloads = await collect(broker, version);
    assert.deepEqual(payloads.map((one) => one[0]), ["4", "5", "6"]);
  },
  { session: { backlog_bytes: 1000, backlog_policy: "drop-old" }, sys },
);

eachVersion(
  "a message larger than a whole backlog is dropped and pushes nothing out",
  async (broker, version) => {
    await publishTo(
      broker,
      version,
      3,
      (n) => `${n}`.padEnd(n === 3 ? 2000 : 10, "."),
    );
    const payloads = await collect(broker, version);
    assert.deepEqual(payloads.map((one) => one[0]), ["1", "2"]);
    assert.deepEqual(await drops(broker), { "backlog-bytes": 1 });
  },
  { session: { backlog_bytes: 1000, backlog_policy: "drop-old" }, sys },
);

eachVersion(
  "a backlog is bounded for a client that is there and does not acknowledge, too",
  async (broker, version) => {
    const slow = await broker.connect(version, staying(version));
    await slow.subscribe([["t", 1]]);
    const other = await broker.connect(version, "publisher");
    for (let id = 1; id <= 9; id++) {
      await other.publish({ topic: "t", payload: `${id}`, qos: 1, id });
    }
    assert.deepEqual(await drops(broker), { "backlog-messages": 4 });
    const got: string[] = [];
    for (let round = 0; round < 5; round++) {
      for (const { payload, packetId } of await slow.receiveAll()) {
        got.push(payload);
        await slow.send(puback(packetId));
      }
    }
    assert.deepEqual(got, ["1", "2", "3", "4", "5"]);
    const figures = await sysFigures(broker, "$SYS/broker/store/#");
    assert.equal(figures.get("store/messages/count"), "0");
    assert.equal(figures.get("store/messages/bytes"), "0");
  },
  { session: { backlog_messages: 3 }, limits: { max_inflight: 2 }, sys },
);

eachVersion(
  "QoS 0 does not wait for who is away, and is counted",
  async (broker, version) => {
    const other = await publishTo(broker, version, 1, () => "kept");
    for (let at = 0; at < 3; at++) await other.publish({ topic: "t" });
    assert.deepEqual(await drops(broker), { "detached-qos0": 3 });
    assert.deepEqual(await collect(broker, version), ["kept"]);
  },
  { sys },
);

eachVersion(
  "with queue_qos0 QoS 0 waits in line with the others, within the same bound",
  async (broker, version) => {
    const other = await publishTo(broker, version, 2, (n) => `${n}`);
    for (const payload of ["a", "b", "c"]) {
      await other.publish({ topic: "t", payload });
    }
    assert.deepEqual(await drops(broker), { "backlog-messages": 1 });
    assert.deepEqual(await collect(broker, version), ["1", "2", "a", "b"]);
  },
  { session: { queue_qos0: true, backlog_messages: 4 }, sys },
);

eachVersion(
  "what waits for a session that ends is counted",
  async (broker, version) => {
    await publishTo(broker, version, 3, (n) => `${n}`);
    const clean = await broker.connect(version, "subscriber");
    await clean.disconnect();
    assert.deepEqual(await drops(broker), { "session-ended": 3 });
  },
  { sys },
);
