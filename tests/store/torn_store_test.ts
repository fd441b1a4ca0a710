import assert from "node:assert/strict";
import {
  openStore,
  type StorageMode,
  StoreError,
} from "../../src/store/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { settle } from "./faulty_blocks.ts";
import { happen, seeded } from "./random_world.ts";
import { settings } from "./settings.ts";
import { allOf, findCopies } from "../../src/store/copies/copies.ts";
import { PlainState } from "../../src/store/plain_state.ts";
import { systemFiles } from "../../src/store/files/system_files.ts";
import { assertSame, picture, World } from "./world.ts";

/** Damaged stores that are tried for each test below. */
const CASES = Number(Deno.env.get("DUNLIN_TORN_CASES") ?? 50);

const HOUR = 3_600_000;

/** The files a broker leaves, and what it had acknowledged. */
interface Remains {
  readonly folder: string;
  readonly picture: unknown;
}

/** A broker that is killed, or stopped first. */
async function left(
  mode: StorageMode,
  seed: number,
  { snapshots = 0, stopped = false },
): Promise<Remains> {
  const live = await Deno.makeTempDir();
  const folder = await Deno.makeTempDir();
  const clock = new ManualClock();
  const random = seeded(seed);
  const world = await World.load(
    await openStore(settings(`${live}/store.kv`, mode), clock),
  );
  for (let part = 0; part <= snapshots; part++) {
    for (let batch = 0; batch < 15; batch++) {
      happen(world, random, 40);
      await world.committed();
    }
    if (part === snapshots) break;
    clock.advance(HOUR);
    happen(world, random, 40);
    await world.committed();
    await snapshotDone(live, part + 1);
  }
  const acknowledged = world.picture();
  // In the write-ahead log of the killed one; of the stopped one in the file.
  if (stopped) await world.store.close();
  await copy(live, folder);
  if (!stopped) await world.store.close();
  await Deno.remove(live, { recursive: true });
  return { folder, picture: acknowledged };
}

/** Waits until the second copy has so many snapshots, two at most. */
async function snapshotDone(folder: string, count: number): Promise<void> {
  for (;;) {
    const names = [...Deno.readDirSync(folder)].map((entry) => entry.name);
    const made = names.filter((name) => /snapshot-\d+$/.test(name));
    if (
      made.length >= Math.min(2, count) &&
      !names.some((name) => name.endsWith(".partial"))
    ) return;
    await settle();
  }
}

async function copy(from: string, to: string): Promise<void> {
  for await (const { name } of Deno.readDir(from)) {
    // Of a killed process nothing stays locked or mapped.
    if (/\.lock$|-shm$/.test(name)) continue;
    await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}

/** Truncates a file, flips bits in it, or wipes a part of it. */
function damage(path: string, random: () => number): string {
  const bytes = Deno.readFileSync(path);
  if (bytes.length === 0) return "nothing to damage";
  const at = Math.floor(random() * bytes.length);
  const chance = random();
  if (chance < 0.4) {
    Deno.writeFileSync(path, bytes.subarray(0, at));
    return `truncated at ${at}`;
  }
  if (chance < 0.8) {
    const flips = 1 + Math.floor(random() * 8);
    for (let i = 0; i < flips; i++) {
      bytes[Math.floor(random() * bytes.length)] ^= 1 <<
        Math.floor(random() * 8);
    }
    bytes[at] ^= 0x10;
    Deno.writeFileSync(path, bytes);
    return `${flips + 1} bits flipped`;
  }
  bytes.fill(0, at, at + 4096);
  Deno.writeFileSync(path, bytes);
  return `wiped from ${at}`;
}

/** Damages random ones of the files that `isVictim` names, then opens. */
async function attempt(
  { folder }: Remains,
  random: () => number,
  mode: StorageMode,
  isVictim: (name: string) => boolean,
): Promise<{ found: unknown; alarm: string | null; what: string }> {
  const place = await Deno.makeTempDir();
  try {
    await copy(folder, place);
    const victims = [...Deno.readDirSync(place)].map((entry) => entry.name)
      .filter(isVictim).sort();
    assert.ok(victims.length > 0);
    const what: string[] = [];
    const first = Math.floor(random() * victims.length);
    victims.forEach((name, i) => {
      if (i !== first && random() < 0.7) return;
      what.push(`${name} ${damage(`${place}/${name}`, random)}`);
    });
    const store = await openStore(
      settings(`${place}/store.kv`, mode),
      new ManualClock(),
    );
    const state = new PlainState();
    const { alarm } = await store.load(state, state);
    const found = picture(state);
    await goOn(new World(store, state), random, place, mode);
    return { found, alarm, what: what.join(", ") };
  } finally {
    await Deno.remove(place, { recursive: true });
  }
}

/** The store works from then on, and is in order at the next start. */
async function goOn(
  world: World,
  random: () => number,
  place: string,
  mode: StorageMode,
): Promise<void> {
  happen(world, random, 30);
  await world.committed();
  const before = world.picture();
  await world.store.close();
  const state = new PlainState();
  const again = await openStore(
    settings(`${place}/store.kv`, mode),
    new ManualClock(),
  );
  const { alarm } = await again.load(state, state);
  await again.close();
  assertSame(picture(state), before);
  assert.match(alarm ?? "an earlier start", /^an earlier start/);
}

const isStore = (name: string) => /^store\.kv(-wal)?$/.test(name);

const cases: readonly [snapshots: number, stopped: boolean][] = [
  [0, false],
  [0, true],
  [1, true],
  [3, false],
  [3, true],
];

for (const [snapshots, stopped] of cases) {
  const name = `${stopped ? "stopped" : "killed"} after ${snapshots} snapshots`;
  Deno.test(`fault-tolerant: a torn store, ${name}, loses nothing`, async () => {
    const remains = await left("fault-tolerant", 20 + snapshots, {
      snapshots,
      stopped,
    });
    const random = seeded(snapshots);
    let alarms = 0;
    for (let i = 0; i < CASES / 5; i++) {
      const { found, alarm, what } = await attempt(
        remains,
        random,
        "fault-tolerant",
        isStore,
      );
      assertSame(found, remains.picture, what);
      if (alarm !== null) alarms++;
    }
    assert.ok(alarms > 0, "something was noticed");
    await Deno.remove(remains.folder, { recursive: true });
  });
}

Deno.test("fault-tolerant: torn copies beside a whole store lose nothing", async () => {
  const remains = await left("fault-tolerant", 30, { snapshots: 3 });
  const random = seeded(5);
  let noticed = 0;
  for (let i = 0; i < CASES; i++) {
    const { found, alarm, what } = await attempt(
      remains,
      random,
      "fault-tolerant",
      (name) => !isStore(name),
    );
    assertSame(found, remains.picture, what);
    if (alarm === null) continue;
    noticed++;
    assert.match(alarm, /second copy .* was damaged.* is whole/, what);
  }
  // What an older snapshot or journal says is of no use while a newer is whole.
  assert.ok(noticed > CASES / 4, `${noticed} noticed`);
  await Deno.remove(remains.folder, { recursive: true });
});

Deno.test("fault-tolerant: it starts when both copies are torn", async () => {
  const remains = await left("fault-tolerant", 31, { snapshots: 2 });
  const random = seeded(6);
  for (let i = 0; i < CASES; i++) {
    await attempt(remains, random, "fault-tolerant", () => true);
  }
  await Deno.remove(remains.folder, { recursive: true });
});

for (const mode of ["buffered", "durable"] as const) {
  Deno.test(`${mode}: it starts with a torn store, and says so`, async () => {
    const remains = await left(mode, 32, { stopped: true });
    const random = seeded(7);
    let alarms = 0;
    for (let i = 0; i < CASES; i++) {
      const { alarm } = await attempt(remains, random, mode, isStore);
      if (alarm === null) continue;
      alarms++;
      assert.match(alarm, /renamed it to .*store\.kv\.corrupt-/);
    }
    assert.ok(alarms > 0, "something was noticed");
    await Deno.remove(remains.folder, { recursive: true });
  });
}

Deno.test("a torn store is refused where the settings say so", async () => {
  const remains = await left("durable", 33, { stopped: true });
  const path = `${remains.folder}/store.kv`;
  Deno.writeFileSync(path, new Uint8Array(100).fill(1));
  await assert.rejects(
    openStore(
      settings(path, "durable", { onCorruption: "refuse" }),
      new ManualClock(),
    ),
    (error) => error instanceof StoreError && error.fault === "corrupt",
  );
  assert.equal(Deno.statSync(path).size, 100, "it is left as it was");
  await Deno.remove(remains.folder, { recursive: true });
});

Deno.test("a damaged store is built from its second copy in every mode, and what was removed since does not come back", async () => {
  const remains = await left("fault-tolerant", 34, { snapshots: 1 });
  const path = `${remains.folder}/store.kv`;
  const open = async (mode: StorageMode) =>
    await World.load(await openStore(settings(path, mode), new ManualClock()));
  for (const part of ["", "-wal"]) {
    Deno.writeFileSync(path + part, new Uint8Array(5000).fill(1));
  }
  const mended = await open("durable");
  assertSame(mended.picture(), remains.picture);
  for (const session of [...mended.state.sessions]) mended.end(session);
  await mended.committed();
  const before = mended.picture();
  await mended.store.close();
  const copies = await findCopies(systemFiles, path);
  assert.equal(allOf(copies).length, 0, "an old copy is of no use");
  const again = await open("fault-tolerant");
  assertSame(again.picture(), before);
  await again.store.close();
  await Deno.remove(remains.folder, { recursive: true });
});
