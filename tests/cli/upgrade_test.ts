import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import { upgrade } from "../../src/cli/upgrade/upgrade.ts";
import { SCHEMA } from "../../src/store/mod.ts";
import { KeptFolder } from "../store/kept_folder.ts";
import { message } from "../store/world.ts";

const fixtures = new URL("../store/fixtures/", import.meta.url);
const versions = new URL("fixtures/versions/", import.meta.url);

/** Runs `dunlin upgrade --check FILE`. */
async function check(
  file: string,
  json = false,
): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ["", ""];
  const output = {
    out: (text: string) => out += text,
    err: (text: string) => err += text,
  };
  const code = await upgrade({ check: file, json }, {}, output);
  return { code, out, err };
}

/** Checks a settings file with that text, under the name `d.toml`. */
async function checkText(
  text: string,
): Promise<{ code: number; out: string; err: string }> {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-upgrade-" });
  try {
    const file = `${folder}/d.toml`;
    await Deno.writeTextFile(file, text);
    const { code, out, err } = await check(file);
    return {
      code,
      out: out.replaceAll(file, "d.toml"),
      err: err.replaceAll(file, "d.toml"),
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

// `deno task release` adds the settings of its version. Where a change gives one
// of them another effect, `expected.txt` says so; none is ever removed.
for (const { name: version } of Deno.readDirSync(versions)) {
  Deno.test(`upgrade --check: settings of ${version} are read, and what has changed since is named`, async () => {
    const read = (name: string) =>
      Deno.readTextFile(new URL(`${version}/${name}`, versions));
    const { code, out, err } = await checkText(await read("settings.toml"));
    assert.deepEqual([code, err], [0, ""]);
    assert.equal(
      out.replace(/^d\.toml: \S+ reads/, "d.toml: this version reads"),
      await read("expected.txt"),
    );
  });
}

for (let schema = 2; schema < SCHEMA; schema++) {
  Deno.test(`upgrade --check: a store of schema ${schema} is read, and would be migrated`, async () => {
    await using folder = new KeptFolder();
    const fixture = new URL(`schema-${schema}-durable/store.kv.gz`, fixtures);
    Deno.writeFileSync(folder.path, gunzipSync(Deno.readFileSync(fixture)));
    const before = Deno.readFileSync(folder.path);
    const { code, out } = await check(folder.folder, true);
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(out), {
      ...{ ok: true, kind: "store", path: folder.path },
      ...{ schema, migratesTo: SCHEMA },
    });
    const text = (await check(folder.path)).out;
    assert.match(text, new RegExp(`migrates it to schema ${SCHEMA}`));
    assert.match(text, /dunlin store backup/);
    assert.deepEqual(Deno.readFileSync(folder.path), before);
  });
}

Deno.test("upgrade --check: a store of this version is read as it is", async () => {
  await using folder = new KeptFolder();
  const { world } = await folder.open("durable");
  world.retain(message("a", "b", { retain: true }));
  await world.committed();
  await world.store.close();
  const { code, out } = await check(folder.path);
  assert.equal(code, 0);
  assert.match(out, new RegExp(`sound store of schema ${SCHEMA}; .* as it is`));
});

Deno.test("upgrade --check: a store of a later version or with damage is not read", async () => {
  await using folder = new KeptFolder();
  const { world } = await folder.open("durable");
  world.retain(message("a", "b", { retain: true }));
  await world.committed();
  await world.store.close();
  const bytes = Deno.readFileSync(folder.path);
  Deno.writeFileSync(folder.path, bytes.subarray(0, bytes.length >> 1));
  const damaged = await check(folder.path, true);
  assert.equal(damaged.code, 1);
  assert.equal(JSON.parse(damaged.out).fault, "corrupt");
  Deno.writeFileSync(folder.path, bytes);
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(folder.path);
  database.exec("ALTER TABLE kv ADD COLUMN later");
  database.exec("UPDATE migration_state SET version = 7");
  database.close();
  const newer = await check(folder.path);
  assert.equal(newer.code, 1);
  assert.match(newer.err, /newer version.*start the version that wrote it/);
});

Deno.test("upgrade --check: settings with another effect are named with their lines", async () => {
  const { code, out } = await checkText(`[[listener]]
type = "websocket"
mount_point = "a/"
[[listener]]
type = "wss"
port = 9004
path = "/mqtt"
[[auth]]
type = "password-file"
file = "passwd"
[storage]
path = "data/"
[session]
max_keep_alive = "1h"
`);
  assert.equal(code, 0);
  const found = out.split("\n").slice(1, -1).map((line) =>
    /^ {2}d\.toml:(\d+):\d+: (\S+): since \d+\.\d+\.\d+: \w/.exec(line)!
      .slice(1)
  );
  assert.deepEqual(found, [
    ["10", "auth.0.file"],
    ["12", "storage.path"],
    ["8", "auth"],
    ["2", "listener.0.type"],
    ["3", "listener.0.mount_point"],
    ["14", "session.max_keep_alive"],
  ]);
  assert.match((await checkText("")).out, /no setting in it has changed/);
});

Deno.test("upgrade --check: settings that this version does not accept are named, with what to do", async () => {
  const { code, err } = await checkText("[limits]\nmax_inflght = 3\n");
  assert.equal(code, 1);
  assert.match(err, /d\.toml: \S+ does not accept these settings/);
  assert.match(err, /d\.toml:2:\d+: limits\.max_inflght: .*max_inflight/);
  const missing = await check("/no/such/file");
  assert.equal(missing.code, 1);
  assert.match(missing.err, /\/no\/such\/file: there is no such/);
});
