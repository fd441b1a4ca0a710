import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { gunzipSync } from "node:zlib";
import {
  blockKey,
  KvBlocks,
  SCHEMA_KEY,
} from "../../src/store/kv/kv_blocks.ts";
import { migrate } from "../../src/store/kv/migration.ts";
import { storeInfo, verifyStore } from "../../src/store/mod.ts";
import { SCHEMA } from "../../src/store/base/schema.ts";
import { until } from "../support/wait.ts";
import { KeptFolder } from "./kept_folder.ts";
import { assertSame, message, type World } from "./world.ts";

const fixtures = new URL("fixtures/", import.meta.url);

/** The file `name` of a store that an earlier version wrote. */
function fixture(kind: string, name: string): Uint8Array {
  return gunzipSync(
    Deno.readFileSync(new URL(`schema-2-${kind}/${name}.gz`, fixtures)),
  );
}

/** Puts all files of the store `kind` in `folder`. */
function place(folder: KeptFolder, kind: string): void {
  for (
    const { name } of Deno.readDirSync(new URL(`schema-2-${kind}`, fixtures))
  ) {
    const plain = name.replace(/\.gz$/, "");
    if (!plain.startsWith("store.kv")) continue;
    Deno.writeFileSync(`${folder.folder}/${plain}`, fixture(kind, plain));
  }
}

/** Puts the store of `fault-tolerant` that lags behind its journal there. */
function placeBehind(folder: KeptFolder): void {
  place(folder, "fault-tolerant");
  for (const part of ["", "-wal"]) {
    const bytes = fixture("fault-tolerant", `behind.kv${part}`);
    Deno.writeFileSync(folder.path + part, bytes);
  }
}

function assertWhole(world: World, kind: string): void {
  const text = new TextDecoder().decode(fixture(kind, "picture.json"));
  // JSON has no Infinity.
  const expected = JSON.parse(
    text,
    (key, value) => key === "expiresAt" ? value ?? Infinity : value,
  );
  assertSame(world.picture(), expected);
}

/** What is in the store can be read, and what is written then stays. */
async function goOn(
  folder: KeptFolder,
  world: World,
  mode: "durable" | "fault-tolerant",
): Promise<void> {
  world.retain(message("new", "since", { retain: true }));
  await world.committed();
  const before = world.picture();
  await world.store.close();
  assert.equal((await verifyStore(folder.path)).schema, SCHEMA);
  const again = await folder.open(mode);
  assert.match(again.alarm ?? "", /^$|^an earlier start renamed a damaged/);
  assertSame(again.world.picture(), before);
  await again.world.store.close();
  assert.equal((await storeInfo(folder.path)).schema, SCHEMA);
  const kv = await Deno.openKv(folder.path);
  for (const old of [1, 2]) {
    for await (const _ of kv.list({ prefix: ["b", old] })) assert.fail();
  }
  kv.close();
}

Deno.test("a store of schema 2 is migrated", async () => {
  await using folder = new KeptFolder();
  place(folder, "durable");
  assert.equal((await storeInfo(folder.path)).schema, 2);
  const { world, alarm } = await folder.open("durable");
  assert.equal(alarm, null);
  assertWhole(world, "durable");
  await goOn(folder, world, "durable");
});

/** Turns a store of schema 2 into one of schema 1: blocks without sums. */
async function downgrade(path: string): Promise<void> {
  const kv = await Deno.openKv(path);
  const blocks = kv.list<Uint8Array>({ prefix: ["b", 2] });
  for await (const { key, value } of blocks) {
    await kv.set(blockKey(1, key[2] as number), value.slice(4));
    await kv.delete(key);
  }
  await kv.delete(SCHEMA_KEY);
  kv.close();
}

Deno.test("a store of schema 1 is migrated", async () => {
  await using folder = new KeptFolder();
  place(folder, "durable");
  await downgrade(folder.path);
  assert.equal((await storeInfo(folder.path)).schema, 1);
  const { world, alarm } = await folder.open("durable");
  assert.equal(alarm, null);
  assertWhole(world, "durable");
  await goOn(folder, world, "durable");
});

Deno.test("fault-tolerant: a store of schema 2 is migrated, and its second copy made anew", async () => {
  await using folder = new KeptFolder();
  place(folder, "fault-tolerant");
  const { world, alarm } = await folder.open();
  assert.equal(alarm, null);
  assertWhole(world, "fault-tolerant");
  const old = ["snapshot-5", "snapshot-11", "journal-5", "journal-11"];
  await until(
    "the old copies to go",
    () =>
      !folder.names.some((name) =>
        old.includes(name.slice("store.kv.".length))
      ),
  );
  await goOn(folder, world, "fault-tolerant");
  folder.ruin();
  const mended = await folder.open();
  assert.match(mended.alarm!, /rebuilt/);
  await mended.world.store.close();
});

Deno.test("fault-tolerant: a store of schema 2 behind its journal gets what is missing", async () => {
  await using folder = new KeptFolder();
  placeBehind(folder);
  const { world, alarm } = await folder.open();
  assert.match(alarm!, /lacked its last 2 commits; the journal had them/);
  assertWhole(world, "fault-tolerant");
  await goOn(folder, world, "fault-tolerant");
});

Deno.test("fault-tolerant: copies of schema 2 mend a store, whichever snapshot is damaged", async () => {
  for (const damaged of ["", "snapshot-11", "snapshot-5"]) {
    await using folder = new KeptFolder();
    place(folder, "fault-tolerant");
    folder.ruin();
    if (damaged !== "") {
      const path = `${folder.path}.${damaged}`;
      const bytes = Deno.readFileSync(path);
      bytes[bytes.length >> 1] ^= 4;
      Deno.writeFileSync(path, bytes);
    }
    const { world, alarm } = await folder.open();
    assert.match(alarm!, /was damaged .*rebuilt/);
    assertWhole(world, "fault-tolerant");
    await goOn(folder, world, "fault-tolerant");
  }
});

Deno.test("a migration that is stopped after any of its atomics begins again", async () => {
  for (let stop = 0;; stop++) {
    await using folder = new KeptFolder();
    placeBehind(folder);
    const kv = await Deno.openKv(folder.path);
    let left = stop;
    const { atomic } = kv;
    // A process that is killed leaves what was committed.
    kv.atomic = () => {
      const made = atomic.call(kv);
      const { commit } = made;
      made.commit = () =>
        left-- > 0 ? commit.call(made) : Promise.reject(new Error("killed"));
      return made;
    };
    const done = await migrate(kv, 2).then(() => true, () => false);
    kv.close();
    const { world, alarm } = await folder.open();
    assert.match(alarm!, /lacked its last 2 commits/);
    assertWhole(world, "fault-tolerant");
    await goOn(folder, world, "fault-tolerant");
    if (done) return assert.ok(stop > 1, "there were several");
  }
});

Deno.test("a damaged block of schema 2 is noticed before it gets a sum", async () => {
  await using folder = new KeptFolder();
  place(folder, "fault-tolerant");
  const kv = await Deno.openKv(folder.path);
  for await (
    const { key, value } of kv.list<Uint8Array>({ prefix: ["b", 2] })
  ) {
    value[value.length >> 1] ^= 4;
    await kv.set(key, value);
    break;
  }
  kv.close();
  const { world, alarm } = await folder.open();
  assert.match(alarm!, /was damaged \(block \d+ is damaged\).*rebuilt/);
  assertWhole(world, "fault-tolerant");
  await goOn(folder, world, "fault-tolerant");
});

const layouts: Readonly<Record<string, readonly [sql: string, fault: string]>> =
  {
    "another table": ["CREATE TABLE later (k)", "newer"],
    "another column": ["ALTER TABLE kv ADD COLUMN later", "newer"],
    "nothing else": ["SELECT 1", "corrupt"],
  };

for (const [what, [sql, fault]] of Object.entries(layouts)) {
  Deno.test(`a later version of Deno KV's tables, with ${what}: ${fault}`, async () => {
    await using folder = new KeptFolder();
    place(folder, "durable");
    const database = new DatabaseSync(folder.path);
    database.exec(sql);
    database.exec("UPDATE migration_state SET version = 7");
    database.close();
    const before = Deno.readFileSync(folder.path);
    for (const mode of ["buffered", "durable", "fault-tolerant"] as const) {
      const more = { onCorruption: "refuse" } as const;
      await assert.rejects(folder.open(mode, more), (error: Error) => {
        assert.equal((error as Error & { fault: string }).fault, fault);
        if (fault !== "newer") return true;
        assert.match(error.message, /has layout 7.*knows layouts up to 3/);
        assert.match(error.message, /start the version that wrote it/);
        return true;
      });
    }
    assert.deepEqual(Deno.readFileSync(folder.path), before, "it is as it was");
    assert.deepEqual(folder.having("corrupt-"), []);
  });
}

Deno.test("a store that says a later schema is refused, and left as it is", async () => {
  await using folder = new KeptFolder();
  place(folder, "durable");
  const first = await folder.open("durable");
  await first.world.store.close();
  const kv = await Deno.openKv(folder.path);
  await kv.set(SCHEMA_KEY, Uint8Array.of(SCHEMA + 1));
  // A later version may leave blocks under the key of this one.
  const { value } = await kv.get<Uint8Array>(["head"]);
  const head = value!.slice();
  head[1]++;
  const { crc32 } = await import("node:zlib");
  new DataView(head.buffer).setUint32(
    head.length - 4,
    crc32(head.subarray(0, -4)),
    true,
  );
  await kv.set(["head"], head);
  kv.close();
  for (const mode of ["buffered", "durable", "fault-tolerant"] as const) {
    await assert.rejects(folder.open(mode), {
      fault: "newer",
      message: /has schema 4, written by a newer version/,
    });
  }
  assert.deepEqual(folder.having("corrupt-"), []);
});

Deno.test("a migrated store keeps the chain of its blocks from then on", async () => {
  await using folder = new KeptFolder();
  place(folder, "durable");
  const { world } = await folder.open("durable");
  for (let i = 0; i < 3; i++) {
    world.retain(message("new", `${i}`, { retain: true }));
    await world.committed();
  }
  await world.store.close();
  const kv = await Deno.openKv(folder.path);
  const { head } = await KvBlocks.open(kv);
  assert.ok(head.epoch > 0 && head.sum > 0);
  // The block before the last one, as another past would have it.
  const { value } = await kv.get<Uint8Array>(blockKey(SCHEMA, head.last));
  await kv.set(blockKey(SCHEMA, head.last - 1), value);
  kv.close();
  await assert.rejects(verifyStore(folder.path), { fault: "corrupt" });
});
