import assert from "node:assert/strict";
import { Packets, puback } from "../support/packets.ts";
import { conformance, eachVersion } from "../support/test_broker.ts";
import { ManualReader } from "./manual_reader.ts";
import { drops, SYS_INTERVAL, sysFigures } from "./sys_figures.ts";

const sys = { interval: SYS_INTERVAL };

eachVersion(
  "QoS 0 beyond max_outbound is dropped and counted, the rest comes in order",
  async (broker, version) => {
    const deaf = broker.open(version, false);
    await deaf.send(deaf.packets.connect({ clientId: "deaf" }));
    await deaf.send(deaf.packets.subscribe(1, ["t"]));
    const other = await broker.connect(version, "publisher");
    for (let at = 0; at < 40; at++) {
      const payload = `${at}`.padEnd(20_000, ".");
      await other.publish({ topic: "t", payload });
    }
    const dropped = (await drops(broker))["outbound-full"];
    // 200,000 bytes wait, the pipe holds 64 KiB, and one goes beyond.
    assert.ok(dropped >= 25 && dropped <= 29, `${dropped} dropped`);
    deaf.reading = true;
    const numbers = (await deaf.receiveAll()).filter((one) => one.type === 3)
      .map((one) => parseInt(one.payload));
    assert.equal(numbers.length + dropped, 40);
    assert.deepEqual(numbers, numbers.map((_, at) => at));
    await other.publish({ topic: "t", payload: "again" });
    assert.equal((await deaf.receivePublish()).payload, "again");
  },
  { limits: { max_outbound: 200_000 }, sys },
);

eachVersion(
  "QoS 1 for a client that does not read waits in its backlog, in order behind what is in flight",
  async (broker, version) => {
    const deaf = broker.open(version, false);
    await deaf.send(deaf.packets.connect({ clientId: "deaf" }));
    await deaf.send(deaf.packets.subscribe(1, [["t", 1]]));
    const other = await broker.connect(version, "publisher");
    for (let id = 1; id <= 60; id++) {
      // A large one now and then leaves room behind it for small ones.
      const size = id % 4 === 0 ? 200_000 : 10;
      const payload = `${id}`.padEnd(size, ".");
      await other.publish({ topic: "t", payload, qos: 1, id });
      await other.expectAck(4, id);
    }
    deaf.reading = true;
    const got: number[] = [];
    for (let round = 0; round < 60; round++) {
      const all = await deaf.receiveAll();
      for (const { type, payload, packetId } of all) {
        if (type !== 3) continue;
        got.push(parseInt(payload));
        deaf.post(puback(packetId));
      }
    }
    assert.deepEqual(got, Array.from({ length: 60 }, (_, at) => at + 1));
    assert.deepEqual(await drops(broker), {});
  },
  { sys },
);

conformance(
  "what was in flight goes out again in order to a client that reads little, ahead of what waited",
  async (broker) => {
    const connect = async (clean: boolean) => {
      const deaf = broker.open(4, false);
      await deaf.send(deaf.packets.connect({ clientId: "deaf", clean }));
      return deaf;
    };
    const first = await connect(false);
    await first.send(first.packets.subscribe(1, [["t", 1]]));
    const other = await broker.connect(4, "publisher");
    const publish = async (id: number) => {
      const payload = `${id}`.padEnd(100_000, ".");
      await other.publish({ topic: "t", payload, qos: 1, id });
      await other.expectAck(4, id);
    };
    for (let id = 1; id <= 25; id++) await publish(id);
    await first.drop();
    const second = await connect(false);
    for (let id = 26; id <= 30; id++) await publish(id);
    second.reading = true;
    const got: number[] = [];
    for (let round = 0; round < 60; round++) {
      for (const { type, payload, packetId } of await second.receiveAll()) {
        if (type !== 3) continue;
        got.push(parseInt(payload));
        second.post(puback(packetId));
      }
    }
    assert.deepEqual(got, Array.from({ length: 30 }, (_, at) => at + 1));
  },
);

for (const again of [false, true]) {
  conformance(
    `with some room again, but not enough to go on, a new message does not overtake ${
      again ? "what is sent again" : "what waits"
    }`,
    async (broker) => {
      const packets = new Packets(4);
      const first = new ManualReader(broker);
      await first.post(packets.connect({ clientId: "slow", clean: false }));
      await first.post(packets.subscribe(1, [["t", 1]]));
      const other = await broker.connect(4, "publisher");
      const publish = async (id: number, bytes: number) => {
        const payload = `${id}`.padEnd(bytes, ".");
        await other.publish({ topic: "t", payload, qos: 1, id });
        await other.expectAck(4, id);
      };
      let reader = first;
      // Sent again is only what has gone out, so that is read first.
      for (let id = 1; id <= 20; id++) {
        await publish(id, 100_000);
        if (again) await first.read(Infinity);
      }
      if (again) {
        reader = new ManualReader(broker);
        await reader.post(packets.connect({ clientId: "slow", clean: false }));
      }
      await reader.read(500_000);
      await publish(21, 10);
      await reader.read(Infinity);
      const numbers = reader.packets().filter((one) => one.type === 3)
        .map((one) => parseInt(one.payload));
      assert.deepEqual(numbers, Array.from({ length: 21 }, (_, at) => at + 1));
    },
  );
}

eachVersion(
  "a client that asks much and reads nothing is not read any more, and loses nothing once it reads",
  async (broker, version) => {
    const deaf = broker.open(version, false);
    await deaf.send(deaf.packets.connect({ clientId: "deaf" }));
    const pings = new Uint8Array(3_000_000);
    for (let at = 0; at < pings.length; at += 2) pings[at] = 0xc0;
    await deaf.send(pings);
    const figures = await sysFigures(broker, "$SYS/broker/bytes/received");
    // A MiB of answers may wait, and some bytes are under way.
    const taken = Number(figures.get("bytes/received"));
    assert.ok(taken < 1_300_000, `${taken} bytes taken`);
    deaf.reading = true;
    for (let round = 0; round < 10; round++) await broker.advance(100);
    // Every ping has two bytes for an answer, and CONNACK some.
    const bytes = deaf.waiting - 3_000_000;
    assert.ok(bytes > 0 && bytes < 50, `${bytes} bytes too many`);
  },
  { limits: { max_outbound: 200_000 }, sys },
);

for (const qos of [0, 1]) {
  conformance(
    `a max_outbound of 64 KiB lets through 100 retained messages of 4 KB, however slow their reader: QoS ${qos}`,
    async (broker) => {
      const packets = new Packets(4);
      const other = await broker.connect(5, "publisher");
      for (let at = 0; at < 100; at++) {
        const payload = `${at}`.padEnd(4000, ".");
        await other.publish({
          topic: `t/${at}`,
          payload,
          qos: 1,
          retain: true,
        });
        await other.expectAck(4, 1);
      }
      const reader = new ManualReader(broker);
      await reader.post(packets.connect({ clientId: "slow" }));
      await reader.post(packets.subscribe(1, [["t/#", qos]]));
      const numbers = new Set<number>();
      const acked = new Set<number>();
      for (let round = 0; round < 60; round++) {
        await reader.read(10_000);
        for (const { type, payload, packetId } of reader.packets()) {
          if (type !== 3) continue;
          numbers.add(parseInt(payload));
          if (qos === 0 || acked.has(packetId)) continue;
          acked.add(packetId);
          await reader.post(puback(packetId));
        }
      }
      assert.equal(numbers.size, 100);
      assert.deepEqual(await drops(broker), {});
    },
    { limits: { max_outbound: 65_536 }, sys },
  );
}
