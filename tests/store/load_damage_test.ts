import assert from "node:assert/strict";
import type { StorageMode } from "../../src/store/mod.ts";
import { BlockWriter } from "../../src/store/blocks/block_writer.ts";
import { blockKey, KvBlocks } from "../../src/store/kv/kv_blocks.ts";
import { HEAD_KEY } from "../../src/store/kv/own_kv.ts";
import { encodeHead } from "../../src/store/blocks/head_record.ts";
import type { RecordKind } from "../../src/store/records/record_kind.ts";
import { RecordWriter } from "../../src/store/records/record_writer.ts";
import { SCHEMA } from "../../src/store/base/schema.ts";
import { TestBroker } from "../support/test_broker.ts";
import { until } from "../support/wait.ts";
import type { WireClient } from "../support/wire_client.ts";
import { KeptFolder } from "./kept_folder.ts";
import { message } from "./world.ts";

/** Puts a record that nobody can read into the last block; the sum is right. */
async function spoil(path: string): Promise<void> {
  const kv = await Deno.openKv(path);
  const { head } = await KvBlocks.open(kv);
  const writer = new BlockWriter(head.last);
  const record = new RecordWriter();
  record.varint(1);
  writer.put(99 as RecordKind, record);
  const [block] = writer.take();
  await kv.set(blockKey(SCHEMA, head.last), block.bytes);
  await kv.set(HEAD_KEY, encodeHead({ ...head, sum: writer.sum }));
  kv.close();
}

/** A session with a message, retained messages, and one block beyond. */
async function fill(folder: KeptFolder, mode: StorageMode): Promise<void> {
  const { world } = await folder.open(mode);
  const session = world.begin("a");
  world.subscribe(session, "t/#");
  world.queue(message("t/1", "queued"), [session]);
  world.retain(message("r", "kept", { retain: true }));
  world.retain(message("$own/r", "kept", { retain: true }));
  await world.committed();
  world.retain(message("r/2", "kept", { retain: true }));
  await world.committed();
  await world.store.close();
}

/** Starts a broker; "a" connects while it loads. */
async function start(
  folder: KeptFolder,
  mode: StorageMode,
  check: (broker: TestBroker, wasPresent: boolean) => Promise<void> | void,
): Promise<void> {
  const broker = new TestBroker({
    listener: { port: 0 },
    storage: { mode, path: folder.path },
  });
  let client!: WireClient;
  const { listen } = Deno;
  // From then on clients can come, and loading has not begun.
  Deno.listen = ((options: Deno.TcpListenOptions) => {
    Deno.listen = listen; // What else listens is not for clients.
    // The control socket is none of theirs.
    if (options.hostname === undefined) return listen(options);
    client = broker.open(5, false);
    client.post(client.packets.connect({ clientId: "a", clean: false }));
    return listen(options);
  }) as typeof listen;
  try {
    await broker.broker.start();
  } finally {
    Deno.listen = listen;
  }
  client.reading = true;
  // The answer waits for the disk, which no clock of ours moves.
  await until("an answer", () => client.waiting > 0);
  const connack = await client.receive();
  await check(broker, connack.sessionPresent === true);
  broker.failures.length = 0;
  await broker.stop();
}

/** The text of the alarm in the log. */
function alarmOf(broker: TestBroker): string {
  const [what, error] = broker.failures[0] as [string, Error];
  assert.equal(what, "storage");
  return error.message;
}

Deno.test("durable: damage that loading shows: set aside, empty, and an alarm", async () => {
  await using folder = new KeptFolder();
  await fill(folder, "durable");
  await spoil(folder.path);
  await start(folder, "durable", async (broker, wasPresent) => {
    assert.match(alarmOf(broker), /unknown record kind 99.*renamed it to/);
    assert.equal(wasPresent, false, "nothing half restored is left");
    const client = await broker.connect(5, "b");
    for (const filter of ["#", "$own/#"]) {
      await client.send(client.packets.subscribe(1, [filter]));
      assert.equal((await client.receive()).type, 9);
      await client.expectNothing();
    }
    const alarms = "$SYS/broker/alarm/+";
    await client.send(client.packets.subscribe(1, [alarms]));
    assert.equal((await client.receive()).type, 9);
    assert.equal(
      (await client.receive()).topic,
      "$SYS/broker/alarm/storage",
    );
  });
  assert.ok(folder.having("corrupt-").length > 0);
});

Deno.test("fault-tolerant: damage that loading shows is mended from the copy", async () => {
  await using folder = new KeptFolder();
  await fill(folder, "fault-tolerant");
  await spoil(folder.path);
  await start(folder, "fault-tolerant", async (broker, wasPresent) => {
    assert.match(alarmOf(broker), /unknown record kind 99.*rebuilt/);
    assert.equal(wasPresent, true);
    const client = await broker.connect(5, "b");
    await client.send(client.packets.subscribe(1, ["$own/#"]));
    assert.equal((await client.receive()).type, 9);
    assert.equal((await client.receive()).topic, "$own/r");
  });
});

Deno.test("fault-tolerant: damage that is in the copy as well ends in an empty store", async () => {
  await using folder = new KeptFolder();
  await fill(folder, "fault-tolerant");
  await spoil(folder.path);
  // The copy is made anew from what is there.
  for (const name of folder.having("journal-")) {
    Deno.removeSync(`${folder.folder}/${name}`);
  }
  await start(folder, "fault-tolerant", (broker, wasPresent) => {
    assert.match(alarmOf(broker), /no copy of it was whole.*empty store/);
    assert.equal(wasPresent, false);
  });
  const { world, alarm } = await folder.open();
  assert.match(alarm!, /^an earlier start renamed a damaged store to /);
  await world.store.close();
});

Deno.test("damage that loading shows is refused where the settings say so", async () => {
  await using folder = new KeptFolder();
  await fill(folder, "durable");
  await spoil(folder.path);
  const { broker } = new TestBroker({
    listener: { port: 0 },
    storage: { mode: "durable", path: folder.path, on_corruption: "refuse" },
  });
  await assert.rejects(broker.start(), {
    fault: "corrupt",
    message: /store\.kv is damaged: unknown record kind 99/,
  });
  assert.deepEqual(folder.having("corrupt-"), []);
  await broker.stop(0);
});
