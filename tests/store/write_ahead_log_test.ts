import assert from "node:assert/strict";
import { verifyStore } from "../../src/store/mod.ts";
import type { Files } from "../../src/store/files/files.ts";
import { systemFiles as files } from "../../src/store/files/system_files.ts";
import { lostInLog } from "../../src/store/kv/write_ahead_log.ts";
import { KeptFolder } from "./kept_folder.ts";
import { message } from "./world.ts";

const HEADER = 32;
const FRAME = 24 + 4096;

/** A durable store as a kill leaves it: all of it in the write-ahead log. */
async function killed(folder: KeptFolder): Promise<Uint8Array> {
  await using live = new KeptFolder();
  const { world } = await live.open("durable");
  for (let i = 0; i < 40; i++) {
    world.retain(message(`t/${i}`, `${i}`, { retain: true }));
    await world.committed();
  }
  await live.copyTo(folder, (name) => /^store\.kv(-wal)?$/.test(name));
  await world.store.close();
  return Deno.readFileSync(`${folder.path}-wal`);
}

/** The write-ahead log of a store with more than fits in two reads. */
async function grown(folder: KeptFolder): Promise<Uint8Array> {
  await using live = new KeptFolder();
  const { world } = await live.open("durable");
  for (let i = 0; i < 40; i++) {
    const payload = "x".repeat(60_000);
    world.retain(message(`t/${i}`, payload, { retain: true }));
    await world.committed();
  }
  await live.copyTo(folder, (name) => /^store\.kv(-wal)?$/.test(name));
  await world.store.close();
  return Deno.readFileSync(`${folder.path}-wal`);
}

function retained({ world }: { world: { picture(): unknown } }): number {
  return (world.picture() as { retained: unknown[] }).retained.length;
}

for (const mode of ["buffered", "durable"] as const) {
  Deno.test(`${mode}: a flipped bit in the write-ahead log is told, and what it cost`, async () => {
    await using folder = new KeptFolder();
    const log = await killed(folder);
    assert.equal((await verifyStore(folder.path)).lost, 0);
    const frames = Math.floor((log.length - HEADER) / FRAME);
    const flipped = log.slice();
    flipped[HEADER + (frames >> 1) * FRAME + 1000] ^= 4;
    Deno.writeFileSync(`${folder.path}-wal`, flipped);
    const lost = await lostInLog(files, folder.path);
    assert.ok(lost > 5 && lost < 35, `${lost} of 40`);
    await assert.rejects(verifyStore(folder.path), {
      fault: "corrupt",
      todo: /next start continues without them/,
      message: new RegExp(`-wal is damaged: about ${lost} commits`),
    });
    const opened = await folder.open(mode);
    assert.match(
      opened.alarm!,
      new RegExp(
        `about ${lost} commits .* so they are lost; the store continues`,
      ),
    );
    const left = retained(opened);
    assert.ok(left > 0 && Math.abs(40 - lost - left) <= 1, `${left} are left`);
    await opened.world.store.close();
    const again = await folder.open(mode);
    assert.equal(again.alarm, null);
    assert.equal(retained(again), left);
    await again.world.store.close();
  });
}

Deno.test("a write-ahead log: any flipped bit before the last commit shows", async () => {
  await using folder = new KeptFolder();
  const log = await killed(folder);
  const view = new DataView(log.buffer);
  const frames = Math.floor((log.length - HEADER) / FRAME);
  const commits: number[] = [];
  for (let at = 0; at < frames; at++) {
    if (view.getUint32(HEADER + at * FRAME + 4) !== 0) commits.push(at);
  }
  const end = HEADER + (commits.at(-2)! + 1) * FRAME;
  for (let i = 0; i < 100; i++) {
    const flipped = log.slice();
    // The first ones are in the header: salts, sizes, sums.
    const at = i < HEADER ? i : Math.floor(end * (i - HEADER) / 68);
    flipped[at] ^= 1 << i % 8;
    Deno.writeFileSync(`${folder.path}-wal`, flipped);
    assert.ok(await lostInLog(files, folder.path) > 0, `byte ${at}`);
  }
});

Deno.test("a write-ahead log that is whole, torn at its end or begun anew is no damage", async () => {
  await using folder = new KeptFolder();
  const log = await killed(folder);
  const path = `${folder.path}-wal`;
  for (let length = log.length; length > 0; length -= 3001) {
    Deno.writeFileSync(path, log.subarray(0, length));
    assert.equal(await lostInLog(files, folder.path), 0, `${length} bytes`);
  }
  // The last frame is half written.
  const torn = log.slice();
  torn.fill(0, torn.length - 3000);
  Deno.writeFileSync(path, torn);
  assert.equal(await lostInLog(files, folder.path), 0);
  // A log that began anew has frames of the one before behind its own.
  const anew = log.slice();
  const view = new DataView(anew.buffer);
  for (let at = HEADER + 10 * FRAME; at < anew.length; at += FRAME) {
    view.setUint32(at + 8, view.getUint32(at + 8) - 1);
  }
  Deno.writeFileSync(path, anew);
  assert.equal(await lostInLog(files, folder.path), 0);
});

Deno.test("a write-ahead log that grows while it is read is no damage", async () => {
  await using folder = new KeptFolder();
  const path = `${folder.path}-wal`;
  const whole = await grown(folder);
  const frames = (whole.length - HEADER) / FRAME;
  assert.ok(frames * FRAME > 2 * 1024 * 1024, "it takes several reads");
  // Behind its end are frames of the log before, as after a checkpoint.
  const before = whole.slice();
  const view = new DataView(before.buffer);
  for (let at = HEADER + 100 * FRAME; at < before.length; at += FRAME) {
    view.setUint32(at + 8, view.getUint32(at + 8) - 1);
  }
  Deno.writeFileSync(path, before);
  let reads = 0;
  const growing: Files = {
    ...files,
    async open(name, how) {
      const file = await files.open(name, how);
      const read = file.read.bind(file);
      file.read = async (into) => {
        // The broker writes between two reads.
        if (++reads === 3) Deno.writeFileSync(path, whole);
        return await read(into);
      };
      return file;
    },
  };
  assert.equal(await lostInLog(growing, folder.path), 0);
  assert.ok(reads > 3);
});
