import assert from "node:assert/strict";
import { LogStore } from "../../src/store/log/log_store.ts";
import { FaultyBlocks } from "../store/faulty_blocks.ts";
import { TestBroker } from "../support/test_broker.ts";
import { Packets } from "../support/packets.ts";
import { stored } from "./stored_broker.ts";

/** A durable broker whose commits wait while `blocks.slow` is set. */
async function start(): Promise<{ blocks: FaultyBlocks; broker: TestBroker }> {
  const blocks = new FaultyBlocks();
  const broker = new TestBroker({
    listener: { port: 0 },
    storage: { mode: "durable", path: "/nowhere/store.kv" },
    storeOpener: {
      nextDoubt: () => null,
      openStore: (_, clock) =>
        Promise.resolve(
          new LogStore(blocks, clock, { mode: "durable", flushInterval: 200 }),
        ),
    },
  });
  await broker.broker.start();
  return { blocks, broker };
}

Deno.test("a commit that hangs: an alarm, no more is taken, those who wait are closed; all of it ends with the commit", async () => {
  const { blocks, broker } = await start();
  const watcher = await broker.connect(5, "watcher");
  await watcher.send(
    watcher.packets.subscribe(1, ["$SYS/broker/alarm/disk"]),
  );
  assert.equal((await watcher.receive()).type, 9);
  const waiting = await broker.connect(5, "waiting");
  blocks.slow = true;
  await waiting.send(message(1));
  await broker.advance(9_000);
  await waiting.expectNothing();
  await broker.advance(1_000);
  await broker.advance(250);
  const alarm = await watcher.receive();
  assert.match(alarm.payload!, /has not ended for 10 s/);
  assert.ok(broker.broker.commitAge >= 10_000, "a watchdog has to know");
  // Not acknowledged: it may never get to the disk.
  await watcher.send(message(2));
  assert.equal((await watcher.receive()).code, 0x97);
  await broker.advance(2_500);
  await broker.advance(2_500);
  await waiting.expectClosed();

  blocks.slow = false;
  blocks.go();
  await broker.advance(250);
  assert.equal(broker.broker.commitAge, 0);
  const over = await watcher.receive();
  assert.deepEqual([over.topic, over.payload], ["$SYS/broker/alarm/disk", ""]);
  const again = await broker.connect(5, "waiting");
  await again.send(message(1));
  await again.expectAck(4, 1);
  broker.failures.length = 0;
  await broker.stop();
});

stored(
  "a connection that ends takes what waits for the disk along",
  "durable",
  async (broker) => {
    const staying = await broker.connect(5, "staying");
    const { store } = broker;
    store.willing = false;
    await staying.send(message(1));
    const { waiting } = store;
    for (let at = 0; at < 100; at++) {
      store.willing = true;
      const client = await broker.connect(5, `c${at}`);
      store.willing = false;
      await client.send(message(1));
      assert.ok(store.waiting > 0);
      await client.drop();
    }
    assert.ok(store.waiting <= waiting, `${store.waiting} wait`);
    store.willing = true;
    store.commit();
  },
);

function message(id: number): Uint8Array {
  const options = { topic: "r", payload: "x", qos: 1, id, retain: true };
  return new Packets(5).publish(options);
}
