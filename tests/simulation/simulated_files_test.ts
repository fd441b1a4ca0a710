import assert from "node:assert/strict";
import { Random } from "../support/random.ts";
import { SimulatedFiles, SimulatedNames } from "./disk/simulated_files.ts";

const BYTES = new Uint8Array(2000).fill(7);

/** All that 300 crashes leave of what `body` did. */
async function left(
  body: (files: SimulatedFiles) => Promise<void>,
): Promise<Set<string>> {
  const seen = new Set<string>();
  for (let seed = 0; seed < 300; seed++) {
    const random = new Random(seed);
    const names = new SimulatedNames();
    await body(new SimulatedFiles(names, random));
    names.crash(random);
    const files = new SimulatedFiles(names, random);
    const found: string[] = [];
    for (const path of names.paths) {
      const file = await files.open(path, "read");
      const bytes = new Uint8Array(await file.size());
      await file.read(bytes);
      const zeros = bytes.filter((byte) => byte === 0).length;
      found.push(`${path} ${bytes.length}${zeros > 0 ? " torn" : ""}`);
    }
    seen.add(found.join(", "));
  }
  return seen;
}

async function write(files: SimulatedFiles, path: string, isSynced: boolean) {
  const file = await files.open(path, "create");
  for (let at = 0; at < BYTES.length;) {
    at += await file.write(BYTES.subarray(at));
  }
  if (isSynced) await file.sync();
}

Deno.test("simulated files: what was synced outlives each crash", async () => {
  const seen = await left(async (files) => {
    await write(files, "/d/a", true);
    await files.syncFolder("/d/a");
  });
  assert.deepEqual([...seen], ["/d/a 2000"]);
});

Deno.test("simulated files: what was not synced is there, gone, short or torn", async () => {
  const seen = await left(async (files) => {
    await write(files, "/d/a", false);
    await files.syncFolder("/d/a");
  });
  assert.ok(seen.has("/d/a 0"), "gone");
  assert.ok(seen.has("/d/a 2000"), "there");
  assert.ok(seen.has("/d/a 2000 torn"), "torn");
  assert.ok(
    [...seen].some((one) => /^\/d\/a (?!2000)[1-9]\d*$/.test(one)),
    "short",
  );
});

Deno.test("simulated files: a name that was not synced may be undone", async () => {
  const seen = await left(async (files) => {
    await write(files, "/d/a", true);
    await files.syncFolder("/d/a");
    await files.rename("/d/a", "/d/b");
  });
  assert.deepEqual([...seen].sort(), ["/d/a 2000", "/d/b 2000"]);
});

Deno.test("simulated files: after a sync that failed a later one proves nothing", async () => {
  const seen = await left(async (files) => {
    await write(files, "/d/a", true);
    await files.syncFolder("/d/a");
  });
  assert.deepEqual([...seen], ["/d/a 2000"]);
  const after = new Set<number>();
  for (let seed = 0; seed < 50; seed++) {
    const random = new Random(seed);
    const names = new SimulatedNames();
    let fails = false;
    const files = new SimulatedFiles(names, random, (what) => {
      if (!fails || what !== "sync") return Promise.resolve();
      return Promise.reject(new Error("Input/output error (os error 5)"));
    });
    const file = await files.open("/d/a", "create");
    await files.syncFolder("/d/a");
    await file.write(Uint8Array.of(1));
    fails = true;
    await assert.rejects(file.sync(), /Input/);
    fails = false;
    await file.sync();
    names.crash(random);
    after.add(await files.size("/d/a") ?? -1);
  }
  assert.deepEqual([...after].sort(), [0, 1]);
});
