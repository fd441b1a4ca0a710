import assert from "node:assert/strict";
import { Control } from "../../src/broker/control/control.ts";
import type { KeptFigures } from "../../src/broker/figures/kept_figures.ts";
import { health } from "../../src/cli/health/health.ts";
import { SystemClock } from "../../src/clock/mod.ts";
import type { Settings } from "../../src/config/mod.ts";
import type { Registry } from "../../src/session/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { BrokerProcess } from "../support/process.ts";

/** Runs `dunlin health` with those settings. */
async function ask(
  set: readonly string[],
  clock: SystemClock | ManualClock = new SystemClock(),
  config?: string,
): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ["", ""];
  const output = {
    out: (text: string) => out += text,
    err: (text: string) => err += text,
  };
  const code = await health({ set, config }, {}, output, clock);
  return { code, out, err };
}

/** Three listeners, on any ports unless some are given. */
function listeners(ports: readonly number[] = [0, 0, 0]): string {
  return ["tcp", "websocket", "tls"].map((type, index) =>
    `[[listener]]\ntype = "${type}"\nport = ${ports[index]}\n`
  ).join("");
}

Deno.test("health: each listener of a broker without a store has to answer", async () => {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-health-" });
  const env = { DUNLIN_AUTHORITY__PATH: folder };
  const broker = await BrokerProcess.start({ config: listeners(), env });
  try {
    const config = `${folder}/d.toml`;
    const set = ["storage.mode=memory"];
    const ports = broker.listeners.map(({ port }) => port);
    await Deno.writeTextFile(config, listeners(ports));
    const found = await ask(set, new SystemClock(), config);
    assert.deepEqual(found, { code: 0, out: "healthy\n", err: "" });
    await broker[Symbol.asyncDispose]();
    const refused = await ask(set, new SystemClock(), config);
    assert.equal(refused.code, 1);
    assert.match(refused.err, /listener \w+ does not accept: .*refused/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** A clock that says when it is first waited for. */
class AwaitedClock extends ManualClock {
  readonly waited = Promise.withResolvers<void>();

  override after(...args: Parameters<ManualClock["after"]>) {
    this.waited.resolve();
    return super.after(...args);
  }
}

Deno.test("health: a process that accepts and does nothing else is not healthy", async () => {
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = silent.addr as Deno.NetAddr;
  const clock = new AwaitedClock();
  const set = ["storage.mode=memory", `listener.0.port=${port}`];
  const asked = ask(set, clock);
  using _peer = await silent.accept();
  await clock.waited.promise;
  clock.advance(5000);
  const { code, err } = await asked;
  assert.deepEqual([code, err], [
    1,
    "dunlin: listener tcp does not answer\n",
  ]);
});

Deno.test("health: without a fixed port there is nothing to check, and it says so", async () => {
  const set = ["storage.mode=memory", "listener.0.port=0"];
  const { code, err } = await ask(set);
  assert.equal(code, 1);
  assert.match(err, /no listener has a port to check/);
});

Deno.test("health: a broker with a store answers itself", async () => {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-health-" });
  const set = ["storage.mode=buffered", `storage.path=${folder}/store.kv`];
  try {
    const args = set.flatMap((one) => ["--set", one]);
    const broker = await BrokerProcess.start({ args });
    assert.deepEqual(await ask(set), { code: 0, out: "healthy\n", err: "" });
    assert.doesNotMatch(broker.log, /refused/);
    await broker[Symbol.asyncDispose]();
    const port = "listener.0.port=1";
    const { code, err } = await ask([...set, port]);
    assert.equal(code, 1);
    assert.match(err, /store\.kv\.control: no broker runs|does not accept/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("health: without the broker's socket file the answer says that only listeners were asked", async () => {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-health-" });
  const path = `${folder}/store.kv`;
  using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = other.addr as Deno.NetAddr;
  try {
    const asked = ask([`storage.path=${path}`, `listener.0.port=${port}`]);
    (await other.accept()).close();
    const answer = "healthy, but only its listeners answer: there is no " +
      `socket file ${path}.control\n`;
    assert.deepEqual(await asked, { code: 0, out: answer, err: "" });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("health: a broker that reads its store is not healthy yet; one whose disk fails is, and says so", async () => {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-health-" });
  const path = `${folder}/store.kv`;
  const context = {
    loading: true,
    durability: { trouble: null as string | null },
  };
  const control = await Control.open(`${path}.control`, {
    registry: { context } as unknown as Registry,
    settings: () => ({}) as Settings,
    state: () => assert.fail("health asks for no figures"),
    figures: {} as KeptFigures,
    traces: () => assert.fail("health asks for no trace"),
    clock: new SystemClock(),
    onTrouble: (error) => assert.fail(error),
  });
  try {
    const set = [`storage.path=${path}`];
    const loading = await ask(set);
    assert.equal(loading.code, 1);
    assert.match(loading.err, /still reading its store/);
    context.loading = false;
    context.durability.trouble = "the disk is full";
    const full = await ask(set);
    assert.deepEqual(full, {
      ...{ code: 0, out: "healthy, but the disk is full\n", err: "" },
    });
  } finally {
    control.close();
    await Deno.remove(folder, { recursive: true });
  }
});
