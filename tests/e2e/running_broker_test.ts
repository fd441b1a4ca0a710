import assert from "node:assert/strict";
import { BrokerProcess, runDunlin } from "../support/process.ts";
import { until } from "../support/wait.ts";

/** The entries of brokers in the runtime folder of `home`. */
function entriesIn(home: string): string[] {
  try {
    return Array.from(Deno.readDirSync(`${home}/run/dunlin`), (one) => one.name)
      .filter((name) => name.endsWith(".json"));
  } catch {
    return [];
  }
}

Deno.test("running brokers: commands find the broker, also after another was killed", async () => {
  const home = await Deno.makeTempDir({ prefix: "dunlin-user-" });
  try {
    const env = { XDG_STATE_HOME: home, XDG_RUNTIME_DIR: `${home}/run` };
    const config = `
      storage = { mode = "buffered", path = "data" }
      [[listener]]
      port = 0
      [[acl]]
      topic = "house/#"
    `;
    const started = {
      config,
      env: { ...env, DUNLIN_STORAGE__MODE: "buffered" },
    };
    await using broker = await BrokerProcess.start(started);
    // An entry comes behind the ready file: no start waits for it.
    const registered = (count: number) =>
      until(`${count} entries`, () => entriesIn(home).length === count);
    await registered(1);
    const explain = ["explain", "--client", "c", "--topic", "yard"];
    const ask = (...args: string[]) => runDunlin([...explain, ...args], env);
    {
      await using other = await BrokerProcess.start(started);
      await registered(2);
      const { stderr } = await ask();
      assert.match(stderr, /dunlin: using the default settings: .*2 brokers/);
      other.signal("SIGKILL");
      await other.ended;
    }
    const { code, stdout, stderr } = await ask();
    assert.equal(code, 0, stderr);
    assert.match(stdout, /publish yard, QoS 0: not allowed/);
    const by = `of the broker that runs (process ${broker.pid}, `;
    assert.ok(stderr.includes(`dunlin: using the settings ${by}`), stderr);
    const live = await ask("--live");
    assert.match(live.stdout, /^c: not known to the broker/, live.stderr);
    broker.signal("SIGTERM");
    assert.equal((await broker.ended).code, 0);
    const after = await ask();
    assert.match(after.stderr, /no broker of this user runs/);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});
