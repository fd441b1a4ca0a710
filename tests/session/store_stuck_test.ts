import assert from "node:assert/strict";
import { join, property } from "../support/bytes.ts";
import {
  pingreq,
  puback,
  pubrec,
  pubrel,
  staying,
} from "../support/packets.ts";
import type { WireClient } from "../support/wire_client.ts";
import { stored, type StoredBroker } from "./stored_broker.ts";

/** Commits fail from now on. */
async function stick(broker: StoredBroker): Promise<void> {
  broker.store.willing = false;
  await broker.setFull(true);
}

/** Commits work again, and what was noted is on disk. */
async function unstick(broker: StoredBroker): Promise<void> {
  broker.store.willing = true;
  broker.store.commit();
  await broker.setFull(false);
}

async function typesOf(client: WireClient): Promise<number[]> {
  return (await client.receiveAll()).map((one) => one.type);
}

/** Sends `packets`; they are answered late, and hold up nothing. */
async function expectLate(
  broker: StoredBroker,
  client: WireClient,
  type: number,
  packets: Uint8Array,
): Promise<void> {
  await client.send(join(packets, pingreq()));
  assert.deepEqual(await typesOf(client), [13]);
  await broker.advance(20_000);
  assert.deepEqual(await typesOf(client), [], "time is no commit");
  await unstick(broker);
  assert.deepEqual(await typesOf(client), [type]);
  await client.expectAlive();
  assert.equal(broker.late, 0);
}

/** A stored session ends by a clean start. */
async function cleanStart(broker: StoredBroker): Promise<WireClient> {
  const first = await broker.connect(5, staying(5));
  const [{ slot }] = broker.store.sessions;
  slot!.block = 1;
  await first.drop();
  await stick(broker);
  const client = broker.open(5);
  const packet = { ...staying(5), clean: true };
  await client.send(client.packets.connect(packet));
  return client;
}

for (const mode of ["durable", "fault-tolerant"] as const) {
  stored(
    "while commits fail, a clean start is answered though the session before is still on disk",
    mode,
    async (broker) => {
      const client = await cleanStart(broker);
      await client.expectAck(2, 0, 0);
    },
  );

  for (const version of [4, 5] as const) {
    stored(
      `while commits fail, PUBREC for what was seen before waits until it is on disk: version ${version}`,
      mode,
      async (broker) => {
        const client = await broker.connect(version, staying(version));
        broker.store.willing = false;
        const packet = { topic: "t", qos: 2, id: 5 };
        await client.publish(packet);
        await client.drop();
        await broker.setFull(true);
        const again = await broker.connect(version, staying(version));
        await expectLate(
          broker,
          again,
          5,
          again.packets.publish({ ...packet, dup: true }),
        );
      },
    );

    stored(
      `while commits fail, PUBREC for what is on disk leaves at once: version ${version}`,
      mode,
      async (broker) => {
        const client = await broker.connect(version, staying(version));
        await client.publish({ topic: "t", qos: 2, id: 5 });
        await client.expectAck(5, 5);
        const [{ slot }] = broker.store.sessions;
        slot!.receivedStored = new Set([5]);
        await stick(broker);
        await client.publish({ topic: "t", qos: 2, id: 5, dup: true });
        await client.expectAck(5, 5);
      },
    );

    stored(
      `while commits fail, UNSUBACK waits, and holds up nothing: version ${version}`,
      mode,
      async (broker) => {
        const client = await broker.connect(version, staying(version));
        await client.subscribe(["a"]);
        await stick(broker);
        await expectLate(
          broker,
          client,
          11,
          client.packets.unsubscribe(5, ["a"]),
        );
      },
    );

    stored(
      `while commits fail, SUBACK for what replaces a subscription waits: version ${version}`,
      mode,
      async (broker) => {
        const client = await broker.connect(version, staying(version));
        await client.subscribe(["a"]);
        await stick(broker);
        await expectLate(
          broker,
          client,
          9,
          client.packets.subscribe(5, [["a", 1]]),
        );
      },
    );

    stored(
      `while commits fail, PUBREL waits until the PUBREC is on disk: version ${version}`,
      mode,
      async (broker) => {
        const client = await broker.connect(version, staying(version));
        await client.subscribe([["self", 2]]);
        await client.publish({ topic: "self", qos: 2, id: 5 });
        const [, publish] = (await client.receiveAll())
          .sort((a, b) => b.type - a.type);
        await stick(broker);
        await expectLate(broker, client, 6, pubrec(publish.packetId));
      },
    );

    stored(
      `while commits fail, PUBREL for a message that is never stored leaves at once, also on a new connection: version ${version}`,
      mode,
      async (broker) => {
        const client = await broker.connect(version, staying(version));
        await client.subscribe([["t", 2]]);
        const teller = await broker.connect(5, "teller");
        await teller.publish({ topic: "t", payload: "x", qos: 2, id: 1 });
        const { packetId } = await client.receivePublish();
        await stick(broker);
        await client.send(pubrec(packetId));
        await client.expectAck(6, packetId);
        await client.drop();
        const again = await broker.connect(version, staying(version));
        await again.expectAck(6, packetId);
      },
      { volatile: ["t"] },
    );

    stored(
      `while commits fail, an outgoing QoS 2 PUBLISH stays until its packet id can be kept: version ${version}`,
      mode,
      async (broker) => {
        const teller = await broker.connect(5, staying(5, "teller"));
        await teller.publish({
          topic: "r",
          payload: "x",
          qos: 2,
          retain: true,
        });
        await teller.expectAck(5, 1);
        const client = await broker.connect(version, staying(version));
        await client.subscribe([["t", 2]]);
        await client.drop();
        await teller.publish({ topic: "t", payload: "1", qos: 2, id: 2 });
        await teller.publish({ topic: "t", payload: "2", qos: 1, id: 3 });
        await teller.receiveAll();
        await stick(broker);
        const again = await broker.connect(version, staying(version));
        await again.expectAlive();
        await broker.advance(20_000);
        await again.expectAlive();
        // To a session that nothing is stored of it goes out all the same.
        const passing = await broker.connect(version, "passing");
        await passing.subscribe([["r", 2]]);
        const retained = await passing.receivePublish();
        assert.deepEqual([retained.qos, retained.payload], [2, "x"]);
        await unstick(broker);
        assert.equal((await again.receivePublish()).payload, "1");
        assert.equal((await again.receivePublish()).payload, "2");
      },
    );

    stored(
      `while commits fail, a QoS 2 message that is on disk without a packet id stays: version ${version}`,
      mode,
      async (broker) => {
        const client = await broker.connect(version, staying(version));
        await client.subscribe([["t", 2]]);
        await client.drop();
        const teller = await broker.connect(5, "teller");
        await teller.publish({ topic: "t", payload: "1", qos: 2, id: 1 });
        broker.store.onDisk.add(broker.store.entries[0]);
        await stick(broker);
        const again = await broker.connect(version, staying(version));
        await broker.advance(20_000);
        await again.expectAlive();
        await unstick(broker);
        assert.equal((await again.receivePublish()).payload, "1");
      },
    );

    stored(
      `while commits fail, what is on disk with its packet id is sent again, what is not stays: version ${version}`,
      mode,
      async (broker) => {
        const client = await broker.connect(version, staying(version));
        await client.subscribe([["t", 2]]);
        const teller = await broker.connect(5, "teller");
        for (const id of [1, 2, 3]) {
          await teller.publish({ topic: "t", payload: `${id}`, qos: 2, id });
        }
        assert.equal((await client.receiveAll()).length, 3);
        await client.drop();
        const [first, second, third] = broker.store.entries;
        broker.store.onDisk.add(first).add(third);
        await stick(broker);
        const again = await broker.connect(version, staying(version));
        const [repeat, ...more] = await again.receiveAll();
        assert.deepEqual([repeat.payload, repeat.dup], ["1", true]);
        assert.deepEqual(more, [], "order is kept");
        broker.store.onDisk.add(second);
        await unstick(broker);
        const rest = (await again.receiveAll()).map((one) => one.payload);
        assert.deepEqual(rest, ["2", "3"]);
      },
    );
  }

  stored(
    "where only space is short everything waits for its commit as always, and nobody is closed",
    mode,
    async (broker) => {
      const client = await broker.connect(5, staying(5));
      const [subscribed, seen] = [["a", ["t", 2]], { topic: "t", qos: 2 }];
      await client.subscribe(subscribed as string[]);
      await client.publish({ ...seen, id: 5 });
      await client.receiveAll();
      broker.store.willing = false;
      await broker.setShort(true);
      await client.publish({ ...seen, id: 5, dup: true });
      await client.send(
        client.packets.unsubscribe(6, ["a"]),
        pubrec(1),
        pubrel(5),
      );
      await broker.advance(20_000);
      assert.deepEqual(await typesOf(client), []);
      assert.equal(broker.counters.clientsConnected, 1);
      assert.equal(broker.late, 0);
      broker.store.commit();
      assert.deepEqual(await typesOf(client), [5, 11, 6, 7]);
      await client.publish({ ...seen, id: 6 });
      await client.expectAck(5, 6, 0x97);
    },
  );

  stored(
    "commits that fail for a moment close nobody",
    mode,
    async (broker) => {
      const client = await broker.connect(5, staying(5));
      broker.store.willing = false;
      await client.publish({ topic: "t", qos: 1, id: 1 });
      await broker.setFull(true);
      await broker.advance(900);
      await unstick(broker);
      await client.expectAck(4, 1);
      assert.equal(broker.counters.closed["disk-full"], 0);
    },
  );
}

for (const mode of ["buffered", "durable", "fault-tolerant"] as const) {
  stored(
    "PUBREL asked again and again while its release is not on disk is answered once, by then",
    mode,
    async (broker) => {
      const client = await broker.connect(5, staying(5));
      await client.publish({ topic: "t", qos: 2, id: 9 });
      await client.expectAck(5, 9);
      const [{ slot }] = broker.store.sessions;
      slot!.receivedStored = new Set([9]);
      await stick(broker);
      await client.send(pubrel(9));
      // It is being written: encoded, and not on disk.
      slot!.receivedStored = null;
      slot!.receivedLeaving = new Set([9]);
      slot!.receivedBatch = broker.store.begin();
      for (let at = 0; at < 1000; at++) await client.send(pubrel(9));
      await client.expectAlive();
      const most = 3; // Late answers of two batches, and the outbox.
      assert.ok(broker.store.waiting <= most, `${broker.store.waiting} wait`);
      await unstick(broker);
      const answers = await typesOf(client);
      assert.ok(answers.length >= 1 && answers.length <= 2, `${answers}`);
      assert.ok(answers.every((type) => type === 7));
    },
  );

  stored(
    "PUBREL repeated on a new connection, its release encoded and not on disk, waits",
    mode,
    async (broker) => {
      const client = await broker.connect(5, staying(5));
      await client.publish({ topic: "t", qos: 2, id: 9 });
      await client.expectAck(5, 9);
      const [{ slot }] = broker.store.sessions;
      await client.send(pubrel(9));
      await client.expectAck(7, 9);
      await client.drop();
      const again = await broker.connect(5, staying(5));
      broker.store.willing = false;
      slot!.receivedLeaving = new Set([9]);
      slot!.receivedBatch = broker.store.begin();
      await again.send(join(pubrel(9), pingreq()));
      assert.deepEqual(await typesOf(again), [13]);
      broker.store.commit();
      await again.expectAck(7, 9, 0x92);
    },
  );

  stored(
    "clients that come, ask and go while commits fail leave nothing behind",
    mode,
    async (broker) => {
      const client = await broker.connect(4, staying(4));
      await client.publish({ topic: "t", qos: 2, id: 9 });
      await client.expectAck(5, 9);
      await client.drop();
      const [{ slot }] = broker.store.sessions;
      slot!.receivedStored = new Set([9]);
      await stick(broker);
      for (let at = 0; at < 200; at++) {
        const again = await broker.connect(4, staying(4));
        await again.send(pubrel(9));
        await again.drop();
      }
      assert.equal(broker.late, 0);
      assert.ok(broker.store.waiting <= 2, `${broker.store.waiting} wait`);
    },
  );
}

stored(
  "a client that makes too many answers wait is closed",
  "durable",
  async (broker) => {
    const client = await broker.connect(5, {
      clientId: "c",
      properties: [property.sessionExpiry(100)],
    });
    await stick(broker);
    const ask = (id: number) => client.packets.unsubscribe(id, ["a"]);
    for (let at = 0; at < 40; at++) {
      const ids = Array.from({ length: 100 }, (_, i) => at * 100 + i + 1);
      await client.send(join(...ids.map(ask)));
    }
    const last = (await client.receiveAll()).at(-1)!;
    assert.deepEqual([last.type, last.code], [14, 0x97]);
    assert.equal(broker.counters.closed["disk-full"], 1);
    assert.equal(broker.late, 0);
  },
);

stored(
  "where nothing is promised nothing waits while commits fail",
  "buffered",
  async (broker) => {
    const client = await broker.connect(5, staying(5));
    await client.subscribe(["a", ["t", 2]]);
    await client.publish({ topic: "t", qos: 2, id: 5 });
    await client.receiveAll();
    await stick(broker);
    await client.send(
      client.packets.publish({ topic: "t", qos: 2, id: 5, dup: true }),
      client.packets.unsubscribe(6, ["a"]),
      pubrec(1),
      puback(99),
    );
    assert.deepEqual(await typesOf(client), [5, 11, 6]);
  },
);
