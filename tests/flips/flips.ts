import { DatabaseSync } from "node:sqlite";
import { until } from "../support/wait.ts";
import { KeptFolder, type OpenedWorld } from "../store/kept_folder.ts";
import { happen, seeded } from "../store/random_world.ts";
import { assertSame } from "../store/world.ts";

const HOUR = 3_600_000;

/** Rounds that begin with the same files. */
const A_STORE = 25;

/** What became of one round. */
export interface Flip {
  /** Repeats the round. */
  readonly seed: number;
  /** What was flipped, and when. */
  readonly what: string;
  /** What is lost or wrong; null when all that was acknowledged is there. */
  readonly loss: string | null;
  /** What the start told. */
  readonly alarm: string | null;
}

/** The files that a broker left, and what it had acknowledged. */
interface Remains {
  readonly folder: KeptFolder;
  readonly acknowledged: unknown;
  readonly snapshots: number;
}

/**
 * Flips one random bit in any file of a fault-tolerant store with 0, 1 or 2
 * snapshots, then starts, `rounds` times. In every fifth round the bit flips in
 * a block beneath a broker that runs, and makes up to two more snapshots.
 */
export async function* flipBits(
  rounds: number,
  seed: number,
): AsyncGenerator<Flip> {
  let remains: Remains | null = null;
  try {
    for (let round = 0; round < rounds; round++) {
      const own = seed + round;
      if (own % 5 === 0) {
        yield await flipBeneath(own);
        continue;
      }
      if (remains === null || round % A_STORE === 0) {
        await remains?.folder[Symbol.asyncDispose]();
        remains = await leave(Math.floor(own / A_STORE));
      }
      yield await flipAtRest(own, remains);
    }
  } finally {
    await remains?.folder[Symbol.asyncDispose]();
  }
}

/** A broker that works, makes snapshots, and is stopped or killed. */
async function leave(seed: number): Promise<Remains> {
  await using live = new KeptFolder();
  const folder = new KeptFolder();
  const random = seeded(seed);
  const snapshots = seed % 3;
  const opened = await live.open();
  for (let part = 0; part <= snapshots; part++) {
    await work(opened, random);
    if (part < snapshots) await snapshot(live, opened, random, part + 1);
  }
  const acknowledged = opened.world.picture();
  const isStopped = random() < 0.5;
  if (isStopped) await opened.world.store.close();
  // Of a killed process nothing stays locked.
  await live.copyTo(folder, (name) => !name.endsWith(".lock"));
  if (!isStopped) await opened.world.store.close();
  return { folder, acknowledged, snapshots };
}

async function work({ world }: OpenedWorld, random: () => number) {
  for (let batch = 0; batch < 10; batch++) {
    happen(world, random, 30);
    await world.committed();
  }
}

async function snapshot(
  folder: KeptFolder,
  { world }: OpenedWorld,
  random: () => number,
  count: number,
): Promise<void> {
  await until("a snapshot", async () => {
    folder.clock.advance(HOUR);
    happen(world, random, 5);
    await world.committed();
    return folder.having("snapshot-").length >= Math.min(2, count) &&
      folder.having(".partial").length === 0;
  });
}

async function flipAtRest(seed: number, remains: Remains): Promise<Flip> {
  await using folder = new KeptFolder();
  await remains.folder.copyTo(folder, () => true);
  const random = seeded(seed);
  // Each bit of all files is as likely as any other.
  const files = folder.names.map((name) => ({
    path: `${folder.folder}/${name}`,
    size: Deno.statSync(`${folder.folder}/${name}`).size,
  }));
  let at = Math.floor(random() * files.reduce((sum, one) => sum + one.size, 0));
  const file = files.find(({ size }) => {
    if (at < size) return true;
    at -= size;
    return false;
  })!;
  const bit = Math.floor(random() * 8);
  const bytes = Deno.readFileSync(file.path);
  bytes[at] ^= 1 << bit;
  Deno.writeFileSync(file.path, bytes);
  const name = file.path.slice(folder.folder.length + 1);
  const what = `bit ${bit} of byte ${at} of ${name}, ` +
    `${remains.snapshots} snapshots`;
  return { seed, what, ...await start(folder, remains.acknowledged, random) };
}

/** The block is damaged while the broker runs, and perhaps copied. */
async function flipBeneath(seed: number): Promise<Flip> {
  await using folder = new KeptFolder();
  const random = seeded(seed);
  const opened = await folder.open();
  await work(opened, random);
  const before = Math.floor(random() * 3);
  for (let count = 1; count <= before; count++) {
    await snapshot(folder, opened, random, count);
  }
  const what = `${flipBlock(folder.path, random)} while it runs, after ` +
    `${before} snapshots`;
  for (let due = 0; due < 3; due++) {
    // A snapshot may be refused now, and is tried again.
    folder.clock.advance(HOUR);
    await work(opened, random);
    await until("what is begun", () => folder.having(".partial").length === 0);
  }
  const acknowledged = opened.world.picture();
  await opened.world.store.close();
  return { seed, what, ...await start(folder, acknowledged, random) };
}

function flipBlock(path: string, random: () => number): string {
  const database = new DatabaseSync(path);
  try {
    const rows = database.prepare("SELECT k, v FROM kv WHERE k < x'0263'")
      .all() as { k: Uint8Array; v: Uint8Array }[];
    const at = Math.floor(random() * rows.length);
    const { k, v } = rows[at];
    const byte = Math.floor(random() * v.length);
    v[byte] ^= 1 << Math.floor(random() * 8);
    database.prepare("UPDATE kv SET v = ? WHERE k = ?").run(v, k);
    return `a bit of byte ${byte} of block ${at + 1} of ${rows.length}`;
  } finally {
    database.close();
  }
}

/** Starts twice, with something new between: what is not as it was? */
async function start(
  folder: KeptFolder,
  acknowledged: unknown,
  random: () => number,
): Promise<Pick<Flip, "loss" | "alarm">> {
  let alarm: string | null = null;
  try {
    const first = await folder.open();
    alarm = first.alarm;
    assertSame(first.world.picture(), acknowledged, "the first start");
    await work(first, random);
    const since = first.world.picture();
    await first.world.store.close();
    const second = await folder.open();
    assertSame(second.world.picture(), since, "the second start");
    await second.world.store.close();
    return { loss: null, alarm };
  } catch (error) {
    return { loss: (error as Error).message, alarm };
  }
}
