import assert from "node:assert/strict";
import type { HistogramFigures } from "../../src/admin/mod.ts";
import type { BrokerStatus } from "../../src/broker/mod.ts";
import { HISTORY_COLUMNS } from "../../src/broker/figures/history.ts";
import { status } from "../../src/cli/status/status.ts";
import { statusText, within } from "../../src/cli/status/status_text.ts";
import { SystemClock } from "../../src/clock/mod.ts";
import { Broker } from "../../src/broker/mod.ts";
import { completeSettings } from "../../src/config/mod.ts";

/**
 * A broker in this process that answers at a socket file; `prepare` comes before
 * its start.
 */
async function withBroker(
  test: (path: string, broker: Broker) => Promise<void>,
  prepare: (broker: Broker) => Promise<unknown> = () => Promise.resolve(),
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-status-" });
  const broker = new Broker(completeSettings({
    listener: [{ name: "tcp", port: 0 }],
    storage: { mode: "buffered", path: `${folder}/store.kv` },
  }));
  try {
    await prepare(broker);
    await broker.start();
    await test(`${folder}/store.kv`, broker);
  } finally {
    await broker.stop(1000);
    await Deno.remove(folder, { recursive: true });
  }
}

interface Asked {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly steered: string;
}

/** Runs the command; with `rounds` the broker is gone after as many. */
async function ask(
  path: string,
  options: { watch?: boolean; json?: boolean } = {},
  isTerminal = false,
  onWait: () => Promise<void> = () => Promise.resolve(),
): Promise<Asked> {
  let [out, err, steered] = ["", "", ""];
  const code = await status(
    { set: [`storage.path=${path}`, "storage.mode=buffered"], ...options },
    {},
    { out: (text) => out += text, err: (text) => err += text },
    new SystemClock(),
    { isTerminal, steer: (text) => steered += text, wait: onWait },
  );
  return { code, out, err, steered };
}

Deno.test("status: the running broker answers with a screen, and with JSON for programs", async () => {
  await withBroker(async (path, broker) => {
    const { code, out, err } = await ask(path);
    assert.deepEqual([code, err], [0, ""]);
    assert.match(
      out,
      /^dunlin \S+ {3}running: yes {3}up \d+ s {3}process \d+\n/,
    );
    assert.match(out, /^storage buffered /m);
    for (const name of ["clients", "sessions", "messages received"]) {
      assert.match(out, new RegExp(`^${name} +0 +0 `, "m"));
    }
    const { port } = broker.listeners[0];
    assert.match(
      out,
      new RegExp(`^listeners +tcp 127.0.0.1:${port} \\(0\\)$`, "m"),
    );
    assert.match(out, /^alarms +none$/m);
    const answer = JSON.parse((await ask(path, { json: true })).out);
    assert.deepEqual([answer.ok, answer.running], [true, true]);
    assert.deepEqual(answer.history.columns, HISTORY_COLUMNS);
    assert.ok(answer.history.points.length > 0);
    // CPU and memory are those of this process.
    assert.equal(answer.process.pid, Deno.pid);
    assert.ok(answer.process.rss > 1e6 && answer.process.heapUsed > 1e6);
    if (Deno.build.os === "linux") assert.ok(answer.process.cpuSeconds > 0);
    const recorder = await broker.steering.figures.keep(1000);
    await broker.stop(1000);
    assert.equal(recorder.read().running, false);
  });
});

Deno.test("status: without a broker the exit code is 1, and JSON says that it does not run", async () => {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-status-" });
  const { code, err } = await ask(`${folder}/none.kv`);
  assert.equal(code, 1);
  assert.match(err, /none\.kv\.control: no broker runs on this store/);
  const asJson = await ask(`${folder}/none.kv`, { json: true });
  assert.equal(asJson.code, 1);
  const answer = JSON.parse(asJson.out);
  assert.deepEqual([answer.ok, answer.running], [false, false]);
  await Deno.remove(folder);
});

Deno.test("status --watch: redraws a terminal, and ends when the broker does", async () => {
  await withBroker(async (path, broker) => {
    let rounds = 0;
    const onWait = async () => {
      if (++rounds === 3) await broker.stop(1000);
    };
    const { code, out, err, steered } = await ask(
      path,
      { watch: true },
      true,
      onWait,
    );
    assert.deepEqual([code, rounds, out], [1, 3, ""]);
    assert.match(err, /no broker runs on this store/);
    // The first one clears, the others write over it.
    assert.equal(steered.split("\x1b[H").length - 1, 4);
    assert.equal(steered.split("running: yes").length - 1, 3);
  });
});

Deno.test("status --watch: elsewhere no terminal is steered, and JSON has a line for each answer", async () => {
  await withBroker(async (path, broker) => {
    let rounds = 0;
    const onWait = async () => {
      if (++rounds === 2) await broker.stop(1000);
    };
    const { out, steered } = await ask(
      path,
      { watch: true, json: true },
      true,
      onWait,
    );
    assert.equal(steered, "");
    const answers = out.trim().split("\n").map((one) => JSON.parse(one).ok);
    assert.deepEqual(answers, [true, true, false]);
  });
});

const NOTHING: HistogramFigures = {
  ...{ bounds: [0.001, 0.01], counts: [0, 0, 0], count: 0, sum: 0 },
};

Deno.test("status: what 99 % of the durations keep", () => {
  const of = (...counts: number[]) =>
    within({
      ...NOTHING,
      counts,
      count: counts.reduce((sum, count) => sum + count),
    });
  assert.equal(of(100, 0, 0), 0.001);
  assert.equal(of(99, 1, 0), 0.001);
  assert.equal(of(98, 2, 0), 0.01);
  assert.equal(of(98, 0, 2), Infinity);
});

Deno.test("status: text of others cannot steer the terminal", async () => {
  await withBroker(async (path) => {
    const { out } = await ask(path, { json: true });
    const answer = JSON.parse(out) as BrokerStatus;
    const alarms = [{ name: "disk", text: "full\x1b[2J\nok", since: 1 }];
    const text = statusText({ ...answer, alarms });
    assert.match(text, /^ALARM +disk, since 1970-.* UTC: full\?\[2J\?ok$/m);
  });
});

/** Publishes one retained message, and waits for its acknowledgement. */
async function publishRetained(port: number): Promise<void> {
  using conn = await Deno.connect({ port });
  const packets = [0x10, 13, 0, 4, 77, 81, 84, 84, 4, 2, 0, 0, 0, 1, 99];
  packets.push(0x33, 6, 0, 1, 116, 0, 1, 120);
  await conn.write(new Uint8Array(packets));
  // CONNACK and PUBACK.
  for (let count = 0; count < 8;) {
    count += await conn.read(new Uint8Array(8)) ?? 8;
  }
}

Deno.test("status: commits are measured, also where the question came before the store", async () => {
  await withBroker(
    async (_path, broker) => {
      const recorder = await broker.steering.figures.keep(1000);
      const before = recorder.read().commits.count;
      await publishRetained(broker.listeners[0].port);
      await broker.save();
      const { commits, storage } = recorder.read();
      assert.ok(commits.count > before);
      assert.equal(commits.count, storage.commits);
      assert.ok(commits.sum > 0);
    },
    (broker) => broker.steering.figures.hold(),
  );
});
