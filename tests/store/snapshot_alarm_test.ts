import assert from "node:assert/strict";
import { TestBroker } from "../support/test_broker.ts";
import { until } from "../support/wait.ts";
import type { WireClient } from "../support/wire_client.ts";
import { KeptFolder } from "./kept_folder.ts";

const MINUTE = 60_000;

/** Something is stored, and time goes on, until a message comes. */
async function next(client: WireClient, broker: TestBroker): Promise<string> {
  // The disk has a time of its own: few commits, many looks.
  let looks = 0;
  await until("a message about snapshots", async () => {
    if (client.waiting === 0 && looks++ % 100 === 0) {
      await client.publish({ topic: "t", payload: `${looks}`, retain: true });
      await broker.advance(60 * MINUTE);
    }
    return client.waiting > 0;
  });
  const { type, payload } = await client.receive();
  assert.equal(type, 3);
  return payload;
}

Deno.test("a snapshot that fails raises an alarm, which one that succeeds ends", async () => {
  await using folder = new KeptFolder();
  const broker = new TestBroker({
    listener: { port: 0 },
    storage: { mode: "fault-tolerant", path: folder.path },
  });
  await broker.broker.start();
  const client = await broker.connect(5, "watcher");
  await client.subscribe(["$SYS/broker/alarm/snapshot"]);
  // Folders with something in them are in the way of the next journals.
  const inTheWay: string[] = [];
  for (let commit = 1; commit < 250; commit++) {
    inTheWay.push(`${folder.path}.journal-${commit}`);
  }
  for (const path of inTheWay) Deno.mkdirSync(`${path}/x`, { recursive: true });
  assert.match(await next(client, broker), /no snapshot .* tries again/);
  for (const path of inTheWay) Deno.removeSync(path, { recursive: true });
  assert.equal(await next(client, broker), "");
  broker.failures.length = 0;
  await broker.stop();
});
