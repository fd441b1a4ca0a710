import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { StorageMode } from "../../src/store/mod.ts";
import { verifyStore } from "../../src/store/mod.ts";
import { KvFile } from "../../src/store/kv/kv_file.ts";
import { KeptFolder } from "./kept_folder.ts";
import { assertSame, message } from "./world.ts";

/** Damage that leaves SQLite content; some of it ends a process in Deno KV. */
const damages: Readonly<Record<string, string>> = {
  "a row that nobody wrote": "INSERT INTO kv VALUES (x'05', x'', 3, 1, 0, -1)",
  "encoding of a value": "UPDATE kv SET v_encoding = 2 WHERE k > x'0265'",
  "encoding of a block": "UPDATE kv SET v_encoding = 0 WHERE k < x'0265'",
  "type of a value": "UPDATE kv SET v = 'abc'",
  "version of a row": "UPDATE kv SET version = 'abc'",
  "key": "UPDATE kv SET k = 'abc' WHERE k > x'0273'",
  "expiry, which is over": "UPDATE kv SET expiration_ms = 5",
  "expiry, which is text": "UPDATE kv SET expiration_ms = 'x'",
  "version of the tables": "UPDATE migration_state SET version = 2",
  "no version of the tables": "DELETE FROM migration_state",
  "version of the tables is text": "UPDATE migration_state SET version = 'x'",
  "no counter": "DELETE FROM data_version",
  "counter is text": "UPDATE data_version SET version = 'x'",
  "counter at its end": "UPDATE data_version SET version = 9223372036854775807",
  "no table of the counter": "DROP TABLE data_version",
  "no queue": "DROP TABLE queue",
  "no queue at work": "DROP TABLE queue_running",
  "an unreadable queue": "INSERT INTO queue VALUES ('a', x'00', 'x', 5, 5)",
  "no values": "DROP TABLE kv",
  "number of the schema": "UPDATE kv SET v = x'82' WHERE k > x'0273'",
  "a schema without number": "UPDATE kv SET v = x'' WHERE k > x'0273'",
};

/** The same in the header of the file, by the place of a byte. */
const headers: Readonly<Record<string, readonly [at: number, to: number]>> = {
  "who may write": [18, 9],
  "who may read": [19, 9],
  "format of the schema": [47, 9],
  "encoding of texts": [59, 2],
};

/** A store that was stopped, with that damage; what it had. */
async function damaged(
  folder: KeptFolder,
  mode: StorageMode,
  name: string,
): Promise<unknown> {
  const { world } = await folder.open(mode);
  for (let i = 0; i < 5; i++) {
    world.retain(message(`t/${i}`, "x".repeat(200), { retain: true }));
    await world.committed();
  }
  const before = world.picture();
  await world.store.close();
  if (name in headers) {
    const bytes = Deno.readFileSync(folder.path);
    const [at, to] = headers[name];
    bytes[at] = to;
    Deno.writeFileSync(folder.path, bytes);
  } else {
    const database = new DatabaseSync(folder.path);
    database.exec(damages[name] ?? "");
    database.close();
  }
  return before;
}

for (const name of [...Object.keys(damages), ...Object.keys(headers)]) {
  Deno.test(`damage that SQLite does not mind: ${name}`, async () => {
    await using folder = new KeptFolder();
    const before = await damaged(folder, "fault-tolerant", name);
    const mended = await folder.open();
    assert.match(mended.alarm!, /was damaged .*rebuilt/);
    assertSame(mended.world.picture(), before);
    await mended.world.store.close();

    await using other = new KeptFolder();
    await damaged(other, "durable", name);
    await assert.rejects(other.open("durable", { onCorruption: "refuse" }), {
      name: "StoreError",
      fault: "corrupt",
      message: /store\.kv is damaged: /,
    });
    const empty = await other.open("durable");
    assert.match(empty.alarm!, /was damaged .*renamed it to .*empty store/);
    await empty.world.store.close();
  });
}

const rows: Readonly<Record<string, string>> = {
  head: "68656164",
  schema: "736368656d61",
  journaled: "6a6f75726e616c6564",
};

for (const [name, hex] of Object.entries(rows)) {
  Deno.test(`a damaged row is named: ${name}`, async () => {
    await using folder = new KeptFolder();
    await damaged(folder, "fault-tolerant", "nothing");
    const database = new DatabaseSync(folder.path);
    database.exec(`UPDATE kv SET v_encoding = 2 WHERE k = x'02${hex}00'`);
    database.close();
    const file = await KvFile.open(folder.path);
    const read = () => [file.schema, file.head, file.isJournaled];
    assert.throws(read, { message: `the row of "${name}" is damaged` });
    file.close();
  });
}

Deno.test("an index that does not fit its table is damage", async () => {
  await using folder = new KeptFolder();
  await damaged(folder, "durable", "nothing");
  const database = new DatabaseSync(folder.path);
  const { rootpage } = database.prepare(
    "SELECT rootpage FROM sqlite_master WHERE name = 'kv_expiration_ms_idx'",
  ).get()!;
  database.close();
  const bytes = Deno.readFileSync(folder.path);
  const view = new DataView(bytes.buffer, (Number(rootpage) - 1) * 4096);
  const cells = view.getUint16(3);
  // The last entry: its length, that of its header, and what it begins with.
  const cell = view.getUint16(8 + 2 * (cells - 1));
  const expiry = cell + 1 + view.getUint8(cell + 1);
  assert.equal(view.getInt8(expiry), -1, "never");
  view.setInt8(expiry, 5);
  Deno.writeFileSync(folder.path, bytes);
  // Deno KV would soon remove that row as one that has expired.
  await assert.rejects(verifyStore(folder.path), { fault: "corrupt" });
});
