import assert from "node:assert/strict";
import type { Blocks } from "../../src/store/blocks/blocks.ts";
import { KvFile } from "../../src/store/kv/kv_file.ts";
import { FullDiskBlocks } from "../../src/store/kv/full_disk_blocks.ts";
import { LogStore } from "../../src/store/log/log_store.ts";
import { openKvBlocks } from "../../src/store/kv/open_kv.ts";
import { until } from "../support/wait.ts";
import { flipBlock } from "./flip_block.ts";
import { KeptFolder } from "./kept_folder.ts";
import { message, World } from "./world.ts";

const HOUR = 3_600_000;

Deno.test("a store opened on a full disk reports no scrub until it can be written, and is scrubbed then", async () => {
  await using folder = new KeptFolder();
  const first = await folder.open("durable");
  for (const topic of ["a", "b", "c"]) {
    first.world.retain(message(topic, topic, { retain: true }));
    await first.world.committed();
  }
  await first.world.store.close();
  let isFull = true;
  const open = (): Promise<Blocks> =>
    isFull
      ? Promise.reject(new Error("disk is full"))
      : openKvBlocks(folder.path);
  const told: (string | null)[] = [];
  const { clock } = folder;
  const store = new LogStore(
    await FullDiskBlocks.open(folder.path, {
      read: () => KvFile.open(folder.path),
      open,
    }),
    clock,
    {
      mode: "durable",
      flushInterval: 200,
      unwritable: new Error("disk is full"),
      scrub: { scrubInterval: HOUR, damage: (found) => told.push(found) },
    },
  );
  const world = await World.load(store);
  clock.advance(HOUR);
  await until("a try", () => store.status.health !== "ok");
  assert.deepEqual(told, [], "nothing was read");
  flipBlock(folder.path, 1);
  isFull = false;
  await until("a commit", () => {
    clock.advance(1000);
    return store.health === "ok";
  });
  clock.advance(HOUR);
  await until("a scrub", () => {
    clock.advance(10);
    return told.length > 0;
  });
  assert.match(told[0]!, /damaged block 1; .* writes .* again from memory/);
  await until("the block to go", async () => {
    clock.advance(200);
    await world.committed();
    return store.status.unwritten === 0;
  });
  clock.advance(HOUR);
  await until("another scrub", () => {
    clock.advance(10);
    return told.length > 1;
  });
  assert.deepEqual(told.slice(1), [null]);
  await store.close();
});
