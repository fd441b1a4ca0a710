import assert from "node:assert/strict";
import { BrokerProcess, runDunlin } from "../support/process.ts";
import { until, within } from "../support/wait.ts";
import { connectMqttJs, urlOf } from "./mqttjs_client.ts";

Deno.test("bytes written: $SYS, SIGUSR2 and store info of a running broker show them by kind", async () => {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-" });
  const info = (...more: string[]) =>
    runDunlin(["store", "info", "--path", folder, ...more]);
  try {
    await using broker = await BrokerProcess.start({
      args: ["--set", "sys.interval=10ms"],
      env: {
        DUNLIN_STORAGE__MODE: "fault-tolerant",
        DUNLIN_STORAGE__PATH: folder,
        DUNLIN_STORAGE__WRITE_BUDGET: "500 MB",
      },
    });
    const client = await connectMqttJs(urlOf("tcp", broker.port()), {
      protocolVersion: 4,
    });
    const figures = new Map<string, number>();
    client.on("message", (topic, payload) => {
      const name = topic.replace("$SYS/broker/storage/", "");
      figures.set(name, Number(payload));
    });
    await client.subscribeAsync("$SYS/broker/storage/#");
    await client.publishAsync("t", "x", { qos: 1, retain: true });
    await until("figures of all kinds", () => {
      const log = figures.get("written/log/bytes") ?? 0;
      const journal = figures.get("written today/journal/bytes") ?? 0;
      return log > 0 && journal > 0 && figures.has("written/snapshots/bytes") &&
        figures.has("written/cleaning/bytes");
    });
    assert.equal(figures.get("write budget/bytes"), 500_000_000);
    assert.equal(figures.get("write budget/pause/ms"), 0);
    await client.endAsync();
    broker.signal("SIGUSR2");
    const pattern =
      /state .*written_today=[1-9]\d* written_log=[1-9]\d* written_cleaning=0 written_journal=[1-9]\d* written_snapshots=\d+ write_pause=0/;
    await until("the state", () => pattern.test(broker.log));
    const { written } = JSON.parse((await info("--json")).stdout);
    assert.ok(written.log > 0 && written.journal > 0, JSON.stringify(written));
    assert.match(
      (await info()).stdout,
      /^ {2}written {3}.* today; since the start of the broker: log .*, journal /m,
    );
    broker.signal("SIGTERM");
    await within("the exit", broker.ended);
    assert.doesNotMatch((await info()).stdout, /^ {2}written/m);
    assert.equal(JSON.parse((await info("--json")).stdout).written, undefined);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
