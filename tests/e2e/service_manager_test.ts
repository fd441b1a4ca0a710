import assert from "node:assert/strict";
import { NotifyReceiver } from "../support/notify_receiver.ts";
import { BrokerProcess } from "../support/process.ts";
import { within } from "../support/wait.ts";

Deno.test("service manager: a broker reports start, reload, refused reload, life and stop", async () => {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-test-" });
  {
    await using receiver = new NotifyReceiver(`${folder}/notify`);
    const config = `${folder}/settings.toml`;
    await Deno.writeTextFile(config, "[[listener]]\nport = 0\n");
    await using broker = await BrokerProcess.start({
      args: ["--config", config],
      env: {
        NOTIFY_SOCKET: receiver.address,
        WATCHDOG_USEC: "100000",
        DUNLIN_STORAGE__MODE: "durable",
        DUNLIN_STORAGE__PATH: `${folder}/store.kv`,
      },
    });
    const start = await receiver.with("READY");
    const port = broker.port();
    assert.match(
      start.get("STATUS")!,
      new RegExp(`tcp 127\\.0\\.0\\.1:${port}$`),
    );
    assert.equal((await receiver.with("WATCHDOG")).get("WATCHDOG"), "1");
    const signalled = Deno.osUptime() - 1;
    broker.signal("SIGHUP");
    const reload = await receiver.with("RELOADING");
    const usec = Number(reload.get("MONOTONIC_USEC"));
    assert.ok(usec > signalled * 1e6, `${usec} is behind ${signalled} s`);
    await receiver.with("READY");
    await Deno.writeTextFile(config, "[[listener]]\nports = 0\n");
    await receiver.with("RELOADING");
    await receiver.with("READY");
    broker.signal("SIGTERM");
    const stop = await receiver.with("STOPPING");
    assert.equal(stop.get("EXTEND_TIMEOUT_USEC"), "15500000");
    const { code, stderr } = await within("the exit", broker.ended);
    assert.equal(code, 0);
    assert.match(stderr, /reload-refused/);
    assert.doesNotMatch(stderr, /service-manager/);
  }
  await Deno.remove(folder, { recursive: true });
});

for (
  const [cause, args] of [
    ["an address that it lacks", ["--bind", "192.0.2.1"]],
    ["a mistake in its settings", ["--set", "limits.inflight=1"]],
  ] as const
) {
  Deno.test(`service manager: it hears that a broker does not start for ${cause}`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "dunlin-test-" });
    {
      await using receiver = new NotifyReceiver(`${folder}/notify`);
      const env = { NOTIFY_SOCKET: receiver.address };
      const start = BrokerProcess.start({ args, env });
      await assert.rejects(start, /192\.0\.2\.1|limits\.inflight/);
      let status = "";
      while (!/192\.0\.2\.1|limits\.inflight/.test(status)) {
        status = (await receiver.with("STATUS")).get("STATUS")!;
      }
    }
    await Deno.remove(folder, { recursive: true });
  });
}
