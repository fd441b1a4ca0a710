import assert from "node:assert/strict";
import { TestBroker } from "../support/test_broker.ts";
import { until } from "../support/wait.ts";
import { flipBlock } from "./flip_block.ts";
import { KeptFolder } from "./kept_folder.ts";

const HOUR = 3_600_000;

Deno.test("a damaged block that a scrub finds raises an alarm, and a whole store ends it", async () => {
  await using folder = new KeptFolder();
  const broker = new TestBroker({
    listener: { port: 0 },
    storage: { mode: "durable", path: folder.path, scrub: HOUR },
  });
  await broker.broker.start();
  const client = await broker.connect(5, "watcher");
  await client.subscribe(["$SYS/broker/alarm/damage"]);
  await client.publish({ topic: "t", payload: "kept", retain: true, qos: 1 });
  // The answer waits for the disk, which no clock of ours moves.
  await until("the PUBACK", () => client.waiting > 0);
  assert.equal((await client.receive()).type, 4);
  flipBlock(folder.path, 1);
  const next = async () => {
    await broker.advance(HOUR);
    await until("a message about damage", async () => {
      // The scrub and what it writes again take their time.
      if (client.waiting === 0) await broker.advance(10);
      return client.waiting > 0;
    });
    return (await client.receive()).payload;
  };
  assert.match(await next(), /damaged block 1; .* from memory, and nothing/);
  assert.equal(await next(), "");
  broker.failures.length = 0;
  await broker.stop();
});
