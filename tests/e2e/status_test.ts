import assert from "node:assert/strict";
import { BrokerProcess, runDunlin } from "../support/process.ts";
import { until } from "../support/wait.ts";

/** The files of running brokers in the runtime folder of `home`. */
function filesIn(home: string): string[] {
  try {
    return Array.from(Deno.readDirSync(`${home}/run/dunlin`), (one) => one.name)
      .map((name) => name.slice(name.indexOf(".")))
      .sort();
  } catch {
    return [];
  }
}

Deno.test("status: a broker in memory answers at a socket beside its entry, which a killed one does not leave", async () => {
  const home = await Deno.makeTempDir({ prefix: "dunlin-user-" });
  try {
    const env = { XDG_STATE_HOME: home, XDG_RUNTIME_DIR: `${home}/run` };
    await using broker = await BrokerProcess.start({ env });
    await until("its entry", () => filesIn(home).length === 2);
    assert.deepEqual(filesIn(home), [".control", ".json"]);
    const asked = await runDunlin(["status", "--json"], env);
    assert.equal(asked.code, 0, asked.stderr);
    const answer = JSON.parse(asked.stdout);
    assert.deepEqual([answer.running, answer.storage.mode], [true, "memory"]);
    assert.equal(answer.process.pid, broker.pid);
    assert.equal(answer.listeners[0].port, broker.listeners[0].port);
    // Other commands find it there as well.
    const explain = ["explain", "--client", "c", "--topic", "t", "--live"];
    const live = await runDunlin(explain, env);
    assert.match(live.stdout, /^c: not known to the broker/, live.stderr);
    {
      await using other = await BrokerProcess.start({ env });
      await until("both entries", () => filesIn(home).length === 4);
      const several = await runDunlin(["status"], env);
      assert.equal(several.code, 1);
      const line = `  --process ${other.pid}   no settings file, memory`;
      assert.match(several.stderr, /^dunlin: 2 brokers of this user run; name/);
      assert.ok(several.stderr.includes(line), several.stderr);
      const pid = String(other.pid);
      const named = await runDunlin(["status", "--process", pid], env);
      assert.match(named.stdout, new RegExp(`process ${pid}\n`));
      const trace = ["trace", "--for", "10ms"];
      const unnamed = await runDunlin(trace, env);
      assert.ok(unnamed.stderr.includes(line), unnamed.stderr);
      const traced = await runDunlin([...trace, "--process", pid], env);
      assert.equal(traced.code, 0, traced.stderr);
      assert.match(traced.stderr, /the time is up: 0 packets/);
      const none = await runDunlin(["status", "--process", "1"], env);
      assert.match(none.stderr, /no broker of this user runs as process 1\n/);
    }
    broker.signal("SIGKILL");
    await broker.ended;
    const after = await runDunlin(["status"], env);
    assert.equal(after.code, 1);
    assert.match(
      after.stderr,
      /no broker runs|no broker in storage mode memory/,
    );
    assert.deepEqual(filesIn(home), []);
    await using second = await BrokerProcess.start({ env });
    await until("its entry", () => filesIn(home).length === 2);
    second.signal("SIGTERM");
    assert.equal((await second.ended).code, 0);
    assert.deepEqual(filesIn(home), []);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});
