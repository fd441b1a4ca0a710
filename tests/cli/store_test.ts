import assert from "node:assert/strict";
import { store, type StoreCommandName } from "../../src/cli/store/store.ts";
import type { StoreOptions } from "../../src/cli/store/store_options.ts";
import { openStore, type Store } from "../../src/store/mod.ts";
import { PlainState } from "../../src/store/plain_state.ts";
import { settings } from "../store/settings.ts";
import { happen, seeded } from "../store/random_world.ts";
import { World } from "../store/world.ts";
import { ManualClock } from "../support/manual_clock.ts";

/** What a command answered. */
interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A folder for a store, and the commands on it. */
class Place implements AsyncDisposable {
  readonly folder: string;
  readonly path: string;

  constructor() {
    this.folder = Deno.makeTempDirSync({ prefix: "dunlin-store-" });
    this.path = `${this.folder}/store.kv`;
  }

  /** Opens the store as a broker would, with what `changes` brings about. */
  async open(changes: number): Promise<Store> {
    const world = await World.load(
      await openStore(settings(this.path, "durable"), new ManualClock()),
    );
    const random = seeded(changes);
    for (let batch = 0; batch < changes; batch += 100) {
      happen(world, random, 100);
      await world.committed();
    }
    return world.store;
  }

  /** Runs `dunlin store NAME`; without options on the store of this place. */
  async run(
    name: StoreCommandName,
    file?: string,
    options: StoreOptions = { path: this.folder },
    environment: Record<string, string> = {},
  ): Promise<Answer> {
    let out = "";
    let err = "";
    const output = {
      out: (text: string) => out += text,
      err: (text: string) => err += text,
    };
    const clock = new ManualClock();
    const code = await store(name, file, options, environment, output, clock);
    return { code, out, err };
  }

  /** The figures of `dunlin store info --json`. */
  async figures(path = this.folder): Promise<Record<string, unknown>> {
    const options = { path, json: true };
    const { code, out } = await this.run("info", undefined, options);
    assert.equal(code, 0);
    // The files differ where the stores do not.
    const { path: _path, fileBytes: _bytes, ...rest } = JSON.parse(out);
    return rest;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

Deno.test("store info: what is in it, also while a broker has it open", async () => {
  await using place = new Place();
  const open = await place.open(400);
  const during = await place.figures();
  await open.close();
  assert.deepEqual(await place.figures(), during);
  const state = new PlainState();
  const again = await openStore(
    settings(place.path, "durable"),
    new ManualClock(),
  );
  const report = await again.load(state, state);
  await again.close();
  assert.equal(during.ok, true);
  assert.equal(during.sessions, report.sessions);
  assert.equal(during.subscriptions, report.subscriptions);
  assert.equal(during.entries, report.entries);
  assert.equal(during.retained, report.retained);
  for (const bytes of ["retainedBytes", "queuedBytes", "sessionBytes"]) {
    assert.ok(during[bytes] as number > 0, bytes);
  }
  const { code, out, err } = await place.run("info");
  assert.deepEqual([code, err], [0, ""]);
  assert.ok(out.startsWith(`${place.path}\n`), out);
  assert.match(out, new RegExp(`^ +sessions +${report.sessions} `, "m"));
  assert.match(out, new RegExp(`^ +queued +${report.entries} .*oldest`, "m"));
  assert.match(out, new RegExp(`^ +retained +${report.retained} `, "m"));
  assert.doesNotMatch(out, /damaged/);
  const aside = `${place.path}.corrupt-2026-01-01T000000Z`;
  Deno.writeTextFileSync(aside, "");
  const { out: more } = await place.run("info");
  const line = `  damaged, renamed by an earlier start: ${aside}\n`;
  assert.equal(more, out + line);
});

Deno.test("store verify: a sound store, exit 0; a damaged one, exit 1", async () => {
  await using place = new Place();
  await (await place.open(400)).close();
  const sound = await place.run("verify");
  assert.deepEqual([sound.code, sound.err], [0, ""]);
  assert.match(sound.out, /store\.kv is sound: schema \d+, last written 20/);
  const bytes = await Deno.readFile(place.path);
  for (let at = 8192; at < bytes.length; at += 512) bytes[at] ^= 0xff;
  await Deno.writeFile(place.path, bytes);
  const damaged = await place.run("verify");
  assert.deepEqual([damaged.code, damaged.out], [1, ""]);
  assert.match(
    damaged.err,
    /^dunlin: .*store\.kv is damaged: .+\n {2}the next start renames it, /,
  );
  const info = await place.run("info");
  assert.deepEqual([info.code, info.err], [1, damaged.err]);
  const json = await place.run("verify", undefined, {
    path: place.path,
    json: true,
  });
  const { ok, fault } = JSON.parse(json.out);
  assert.deepEqual([json.code, ok, fault], [1, false, "corrupt"]);
});

Deno.test("store backup: all of it, with the broker going on", async () => {
  await using place = new Place();
  const open = await place.open(300);
  const file = `${place.folder}/copy`;
  const { code, out, err } = await place.run("backup", file);
  assert.deepEqual([code, err], [0, ""]);
  assert.match(out, /copy is a backup of .*store\.kv: [\d.]+ KiB, checked\n/);
  assert.deepEqual(await place.figures(file), await place.figures());
  if (Deno.build.os !== "windows") {
    assert.equal((await Deno.stat(file)).mode! & 0o777, 0o600);
  }
  await open.close();
  const again = await place.run("backup", file);
  assert.equal(again.code, 1);
  assert.match(again.err, /copy already exists/);
});

Deno.test("store restore: the backup's state comes back, the other is kept", async () => {
  await using place = new Place();
  await (await place.open(200)).close();
  const before = await place.figures();
  const file = `${place.folder}/copy`;
  assert.equal((await place.run("backup", file)).code, 0);
  await (await place.open(700)).close();
  const later = await place.figures();
  assert.notDeepEqual(later, before);
  const { code, out } = await place.run("restore", file);
  assert.equal(code, 0);
  assert.deepEqual(await place.figures(), before);
  const kept = /kept as (.+)\n/.exec(out)![1];
  assert.deepEqual(await place.figures(kept), later);
});

Deno.test("store restore: on a machine that has no store yet", async () => {
  await using place = new Place();
  await (await place.open(100)).close();
  const file = `${place.folder}/copy`;
  await place.run("backup", file);
  const path = `${place.folder}/new/folder`;
  const { code, out } = await place.run("restore", file, { path });
  assert.equal(code, 0);
  assert.doesNotMatch(out, /kept/);
  assert.deepEqual(await place.figures(path), await place.figures());
});

Deno.test("store compact: the same state in less room", async () => {
  await using place = new Place();
  await (await place.open(2000)).close();
  const before = await place.figures();
  const { code, out } = await place.run("compact", undefined, {
    path: place.folder,
    json: true,
  });
  assert.equal(code, 0);
  const after = await place.figures();
  assert.ok(after.storedBytes as number < (before.storedBytes as number));
  for (const count of ["sessions", "subscriptions", "entries", "retained"]) {
    assert.equal(after[count], before[count], count);
  }
  const { bytes, bytesBefore } = JSON.parse(out);
  assert.ok(bytes <= bytesBefore);
});

Deno.test("store compact, restore: not while a broker has it", async () => {
  await using place = new Place();
  const open = await place.open(100);
  const file = `${place.folder}/copy`;
  await place.run("backup", file);
  for (const name of ["compact", "restore"] as const) {
    const { code, err } = await place.run(name, file);
    assert.equal(code, 1);
    assert.match(err, /in use by dunlin, process \d+; stop it first\n$/);
  }
  await open.close();
});

Deno.test("store: without a store, every command says so and makes none", async () => {
  for (const name of ["info", "verify", "backup", "compact"] as const) {
    await using place = new Place();
    const { code, err } = await place.run(name, `${place.folder}/copy`);
    assert.equal(code, 1);
    assert.equal(err, `dunlin: there is no store at ${place.path}\n`);
    assert.deepEqual([...Deno.readDirSync(place.folder)], []);
  }
});

Deno.test("store: the settings say which, and --path goes before them", async () => {
  await using place = new Place();
  await (await place.open(100)).close();
  const set = [`storage.path=${place.folder}`];
  const found = await place.run("verify", undefined, { set });
  assert.equal(found.code, 0);
  const environment = { STATE_DIRECTORY: place.folder, HOME: place.folder };
  const usual = await place.run("verify", undefined, {}, environment);
  assert.deepEqual([usual.code, usual.out.slice(0, 10)], [0, "~/store.kv"]);
  const wrong = ["storage.path=/no/such/folder"];
  const options = { set: wrong, path: place.path };
  assert.equal((await place.run("verify", undefined, options)).code, 0);
  const missing = await place.run("verify", undefined, { set: wrong });
  assert.match(missing.err, /there is no store at \/no\/such\/folder\/store/);
  const broken = await place.run("verify", undefined, { set: ["limts.a=1"] });
  assert.equal(broken.code, 1);
  assert.match(broken.err, /did you mean limits\?/);
});

Deno.test("store restore: a damaged backup is named, and nothing is touched", async () => {
  await using place = new Place();
  await (await place.open(100)).close();
  const before = await place.figures();
  const file = `${place.folder}/copy`;
  await Deno.writeFile(file, new Uint8Array(5000).fill(7));
  const { code, err } = await place.run("restore", file);
  assert.equal(code, 1);
  assert.match(err, /copy is damaged: ./);
  assert.match(err, /\n {2}take another backup\n$/);
  assert.deepEqual(await place.figures(), before);
});
