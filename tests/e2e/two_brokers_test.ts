import assert from "node:assert/strict";
import mqtt, { type MqttClient } from "mqtt";
import { BrokerProcess, runDunlin } from "../support/process.ts";
import { within } from "../support/wait.ts";

/** Far above what is needed, far below "it hangs". */
const BOUND = 20_000;

function start(
  path: string,
  mode: string,
  more: readonly string[] = [],
): Promise<BrokerProcess> {
  const sets = [`storage.path=${path}`, `storage.mode=${mode}`, ...more];
  return BrokerProcess.start({ args: sets.flatMap((set) => ["--set", set]) });
}

function connect(broker: BrokerProcess): Promise<MqttClient> {
  const url = `mqtt://127.0.0.1:${broker.port()}`;
  const options = { protocolVersion: 5, reconnectPeriod: 0 } as const;
  return within("CONNACK", mqtt.connectAsync(url, options), BOUND);
}

/** Whether a retained message for `topic` is acknowledged. */
function retain(client: MqttClient, topic: string): Promise<boolean> {
  const ended = new Promise<boolean>((resolve) =>
    client.once("close", () => resolve(false))
  );
  const options = { qos: 1, retain: true } as const;
  return Promise.race([
    client.publishAsync(topic, "x", options).then(() => true, () => false),
    ended,
  ]);
}

/** The topics of what is retained. */
async function retained(broker: BrokerProcess): Promise<string[]> {
  const client = await connect(broker);
  const topics: string[] = [];
  // What is retained comes in one go; this one is the last to be set.
  const all = new Promise<void>((resolve) =>
    client.on("message", (topic) => {
      if (topic === "end") resolve();
      else topics.push(topic);
    })
  );
  await client.subscribeAsync("#");
  await client.publishAsync("end", "x");
  await within("what is retained", all, BOUND);
  await client.endAsync(true);
  return topics.sort();
}

for (const mode of ["buffered", "durable", "fault-tolerant"]) {
  Deno.test(`${mode}: of two brokers that a removed lock lets at one store, one stops before it acknowledges what gets lost`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "dunlin-two-" });
    try {
      await Deno.mkdir(`${folder}/store`);
      await Deno.symlink(`${folder}/store`, `${folder}/link`);
      await using first = await start(`${folder}/store`, mode);
      const one = await connect(first);
      assert.ok(await retain(one, "first"));

      const refused = await runDunlin([
        ...["serve", "--port", "0"],
        ...["--set", `storage.path=${folder}/link`],
        ...["--set", `storage.mode=${mode}`],
      ]);
      assert.equal(refused.code, 1);
      assert.match(
        refused.stderr,
        new RegExp(`link/store.kv is in use by .* process ${first.pid}\\n`),
      );

      await Deno.remove(`${folder}/store/store.kv.lock`);
      await using second = await start(`${folder}/link`, mode);
      const two = await connect(second);
      assert.ok(await retain(two, "second"));
      await two.publishAsync("second/2", "x", { qos: 1, retain: true });
      // `buffered` has acknowledged what it writes a moment later.
      const isTaken = await retain(one, "lost");
      if (mode !== "buffered") assert.equal(isTaken, false);
      const { code, stderr } = await within("the end", first.ended, BOUND);
      assert.equal(code, 1);
      assert.match(stderr, /dunlin: another program writes to the store/);
      assert.match(stderr, /one broker alone uses it/);
      assert.ok(await retain(two, "third"));
      await one.endAsync(true);
      await two.endAsync(true);
      second.signal("SIGTERM");
      assert.equal((await within("the end", second.ended, BOUND)).code, 0);

      await using third = await start(`${folder}/store`, mode);
      assert.deepEqual(await retained(third), [
        ...["first", "second", "second/2", "third"],
      ]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("buffered: a broker whose last commit finds its store taken ends with 1 and says so", async () => {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-two-" });
  try {
    await Deno.mkdir(`${folder}/store`);
    await Deno.symlink(`${folder}/store`, `${folder}/link`);
    // Longer than the test takes: the stop makes the first commit.
    const late = ["storage.flush_interval=60s"];
    await using first = await start(`${folder}/store`, "buffered", late);
    const one = await connect(first);
    assert.ok(await retain(one, "lost"));
    await Deno.remove(`${folder}/store/store.kv.lock`);
    await using second = await start(`${folder}/link`, "buffered");
    const two = await connect(second);
    assert.ok(await retain(two, "second"));
    second.signal("SIGTERM");
    assert.equal((await within("the end", second.ended, BOUND)).code, 0);
    first.signal("SIGTERM");
    const { code, stderr } = await within("the end", first.ended, BOUND);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /error store-taken code="store-taken" error="another program writes/,
    );
    assert.match(stderr, /dunlin: another program writes to the store/);
    assert.match(stderr, /the last changes \(about \d+\) are not in/);
    await one.endAsync(true);
    await two.endAsync(true);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
