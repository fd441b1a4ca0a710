/**
 * Makes a large store and measures how long it takes to load:
 *
 *   deno run -A tests/store/large_store.ts [retained] [sessions] [path]
 *
 * Each session has 10 subscriptions and 10 queued messages of its own; each
 * retained message has 100 bytes.
 */
import { SystemClock } from "../../src/clock/mod.ts";
import { openStore } from "../../src/store/mod.ts";
import { PlainState } from "../../src/store/plain_state.ts";
import { settings } from "./settings.ts";
import { message, World } from "./world.ts";

const retained = Number(Deno.args[0] ?? 1_000_000);
const sessions = Number(Deno.args[1] ?? 100_000);
const path = Deno.args[2] ?? `${await Deno.makeTempDir()}/store.kv`;

async function make(): Promise<void> {
  const store = await openStore(settings(path, "durable"), new SystemClock());
  const world = await World.load(store);
  const payload = new Uint8Array(100).fill(65);
  for (let i = 0; i < retained; i++) {
    world.retain(
      message(`plant/hall-${i % 97}/machine-${i}/state`, payload, {
        retain: true,
      }),
    );
    if (i % 20_000 === 0) await world.committed();
  }
  for (let i = 0; i < sessions; i++) {
    const session = world.begin(`client-${i}`, { detachedAt: Date.now() });
    for (let j = 0; j < 10; j++) {
      world.subscribe(session, `plant/hall-${j}/machine-${i}/#`);
      world.queue(message(`plant/hall-${j}`, payload.slice(0, 64)), [session]);
    }
    if (i % 2000 === 0) await world.committed();
  }
  await store.close();
}

/** Only what has to be there, so that the store's own part is measured. */
async function load(): Promise<void> {
  const start = performance.now();
  const store = await openStore(settings(path, "durable"), new SystemClock());
  const opened = performance.now();
  const state = new PlainState();
  let longest = 0;
  let last = performance.now();
  const watch = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 1);
  const report = await store.load(state, state);
  clearInterval(watch);
  const loaded = performance.now();
  console.log(report);
  console.log(
    `opened and verified ${(opened - start).toFixed(0)} ms, ` +
      `loaded ${(loaded - opened).toFixed(0)} ms, ` +
      `longest without a turn ${longest.toFixed(0)} ms, ` +
      `${(Deno.memoryUsage().rss / 1e6).toFixed(0)} MB`,
  );
  await store.close();
}

const { size } = await Deno.stat(path).catch(() => ({ size: 0 }));
if (size === 0) {
  const start = performance.now();
  await make();
  console.log(`made in ${(performance.now() - start).toFixed(0)} ms: ${path}`);
} else await load();
