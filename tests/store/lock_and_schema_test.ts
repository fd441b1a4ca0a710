import assert from "node:assert/strict";
import { blockKey, SCHEMA_KEY } from "../../src/store/kv/kv_blocks.ts";
import { StoreLock } from "../../src/store/opening/lock.ts";
import { openStore } from "../../src/store/mod.ts";
import { SCHEMA } from "../../src/store/base/schema.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { happen, seeded } from "./random_world.ts";
import { settings } from "./settings.ts";
import { assertSame, World } from "./world.ts";

async function withFolder(
  body: (folder: string, path: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(folder, `${folder}/store.kv`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const open = (path: string) =>
  openStore(settings(path, "durable"), new ManualClock());

Deno.test("a second broker is refused, by name and process", () =>
  withFolder(async (_, path) => {
    const first = await openStore(
      settings(path, "durable", { name: "the-first" }),
      new ManualClock(),
    );
    for (let i = 0; i < 2; i++) {
      await assert.rejects(open(path), {
        name: "StoreError",
        fault: "locked",
        message:
          `the store ${path} is in use by the-first, process ${Deno.pid}`,
      });
    }
    await first.close();
    await (await open(path)).close();
  }));

Deno.test("the lock of a process that was killed holds nobody up", () =>
  withFolder(async (_, path) => {
    const holder = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--unstable-kv",
        new URL("hold_store.ts", import.meta.url).href,
        path,
      ],
      stdout: "piped",
    }).spawn();
    const output = holder.stdout.getReader();
    await output.read(); // it says so when it holds the lock
    await assert.rejects(open(path), {
      fault: "locked",
      message: new RegExp(`the-holder, process ${holder.pid}$`),
    });
    holder.kill("SIGKILL");
    await holder.status;
    await output.cancel();
    await (await open(path)).close();
  }));

Deno.test("a store is unlocked at once, also while the process starts another", () =>
  withFolder(async (_, path) => {
    // Between its fork and its exec a child has a copy of every open file.
    const source = `for (;;) await new Deno.Command("true").output();`;
    const starter = new Worker(
      `data:application/javascript,${encodeURIComponent(source)}`,
      { type: "module" },
    );
    try {
      for (let i = 0; i < 1000; i++) {
        await (await StoreLock.take(path, "one")).release();
      }
    } finally {
      starter.terminate();
    }
  }));

Deno.test("a store is unlocked again when opening it failed", () =>
  withFolder(async (_, path) => {
    const kv = await Deno.openKv(path);
    await kv.set(SCHEMA_KEY, Uint8Array.of(SCHEMA + 1));
    kv.close();
    for (let i = 0; i < 2; i++) {
      await assert.rejects(open(path), {
        name: "StoreError",
        fault: "newer",
        message:
          /schema 4, written by a newer version.*: start the version that wrote/,
      });
    }
  }));

Deno.test("blocks of a torn commit are removed", () =>
  withFolder(async (_, path) => {
    const world = await World.load(await open(path));
    happen(world, seeded(12), 50);
    const before = world.picture();
    await world.store.close();
    const kv = await Deno.openKv(path);
    // As if the process had died between two atomics of a large commit.
    for (const number of [1, 2, 5]) {
      const key = blockKey(SCHEMA, 1000 + number);
      await kv.set(key, new Uint8Array(100));
    }
    kv.close();
    const again = await World.load(await open(path));
    assertSame(again.picture(), before);
    await again.store.close();
    const look = await Deno.openKv(path);
    for await (const { key } of look.list({ prefix: ["b", SCHEMA] })) {
      assert.ok(key[2] as number < 1000);
    }
    look.close();
  }));
