import assert from "node:assert/strict";
import { staying } from "../support/packets.ts";
import { stored } from "./stored_broker.ts";

for (const mode of ["buffered", "durable", "fault-tolerant"] as const) {
  for (const version of [4, 5] as const) {
    stored(
      `a full disk holds up no PINGRESP, no QoS 0 and no CONNACK: version ${version}`,
      mode,
      async (broker) => {
        const client = await broker.connect(version, staying(version, "old"));
        await client.subscribe(["t"]);
        broker.store.willing = false;
        await broker.setFull(true);
        await client.expectAlive();
        const late = await broker.connect(version, staying(version, "new"));
        await late.expectAlive();
        await late.publish({ topic: "t", payload: "still here" });
        assert.equal((await client.receivePublish()).payload, "still here");
        const back = await broker.connect(version, staying(version, "old"));
        await back.expectAlive();
      },
    );

    const refused = version === 5 ? 0x97 : 0x80;
    stored(
      `a full disk takes no subscription of a session that lasts (0x${
        refused.toString(16)
      }), but one of any other: version ${version}`,
      mode,
      async (broker) => {
        const client = await broker.connect(version, staying(version));
        broker.store.willing = false;
        await broker.setFull(true);
        await client.send(client.packets.subscribe(1, ["a", ["b", 1]]));
        assert.deepEqual((await client.receive()).codes, [refused, refused]);
        const passing = await broker.connect(version, "passing");
        await passing.subscribe(["a", ["b", 1]]);
        await passing.publish({ topic: "a", payload: "for one" });
        assert.equal((await passing.receivePublish()).payload, "for one");
        await client.expectNothing();
        broker.store.willing = true;
        await broker.setFull(false);
        await client.subscribe(["a", ["b", 1]]);
      },
    );
  }

  stored(
    "a full disk refuses QoS 1 and 2 of 5.0 with 0x97 at once; those of 3.1.1 wait for room",
    mode,
    async (broker) => {
      const five = await broker.connect(5, staying(5, "five"));
      const three = await broker.connect(4, staying(4, "three"));
      const reader = await broker.connect(5, "reader");
      await reader.subscribe([["t", 1]]);
      broker.store.willing = false;
      await broker.setFull(true);
      await five.publish({ topic: "t", qos: 1, id: 1 });
      await five.expectAck(4, 1, 0x97);
      await five.publish({ topic: "t", qos: 2, id: 2 });
      await five.expectAck(5, 2, 0x97);
      assert.equal(broker.counters.dropped["disk-full"], 2);
      await three.publish({ topic: "t", payload: "late", qos: 1, id: 3 });
      await broker.advance(5000);
      await three.expectNothing();
      await reader.expectNothing();
      broker.store.willing = true;
      await broker.setFull(false);
      await three.expectAck(4, 3);
      assert.equal((await reader.receivePublish()).payload, "late");
      await five.publish({ topic: "t", qos: 2, id: 2 });
      await five.expectAck(5, 2, 0);
    },
  );
}

for (const mode of ["durable", "fault-tolerant"] as const) {
  for (const version of [4, 5] as const) {
    stored(
      `a connection that waits for a commit as the disk fills up is closed, others are not, and may come back: version ${version}`,
      mode,
      async (broker) => {
        const waiting = await broker.connect(version, staying(version, "w"));
        const free = await broker.connect(version, staying(version, "free"));
        broker.store.willing = false;
        await waiting.publish({ topic: "t", qos: 2, id: 1 });
        await broker.setFull(true);
        await broker.advance(5000);
        await waiting.expectClosed();
        assert.equal(broker.counters.closed["disk-full"], 1);
        await free.expectAlive();
        const again = await broker.connect(version, staying(version, "w"));
        await again.expectAlive();
        assert.equal(broker.counters.clientsConnected, 2);
      },
    );
  }
}

stored(
  "from the moment that space is short the next message is refused",
  "buffered",
  async (broker) => {
    const client = await broker.connect(5, staying(5));
    broker.store.health = "full";
    // No time has passed: the disk would take what comes until the next look.
    await client.publish({ topic: "t", qos: 1, id: 1 });
    await client.expectAck(4, 1, 0x97);
    broker.store.health = "ok";
    await broker.advance(250);
    await client.publish({ topic: "t", qos: 1, id: 2 });
    await client.expectAck(4, 2, 0x10);
  },
);
