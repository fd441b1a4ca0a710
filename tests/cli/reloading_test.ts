import assert from "node:assert/strict";
import type { Broker } from "../../src/broker/mod.ts";
import { Reloading } from "../../src/cli/serve/reloading.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { until } from "../support/wait.ts";

/** Counts reloads; the first one ends by `end`. */
class SlowBroker {
  reloads = 0;
  readonly accessFiles = [];
  end = () => {};

  reloadBegins() {}

  async reload() {
    if (++this.reloads === 1) {
      await new Promise<void>((resolve) => this.end = resolve);
    }
    return [];
  }
}

Deno.test("reloading: a storm of signals during a reload brings one more, which names each cause", async () => {
  const folder = await Deno.makeTempDir();
  const config = `${folder}/dunlin.toml`;
  await Deno.writeTextFile(config, "");
  const broker = new SlowBroker();
  const logged: unknown[] = [];
  const reloading = new Reloading(
    {
      broker: broker as unknown as Broker,
      manager: null,
      options: { config },
      environment: {},
      // Its files are older than the first look at them.
      clock: new ManualClock(Date.now() + 60_000),
      log: (_, event, details) => logged.push([event, details.because]),
      onReload() {},
    },
    { files: [] } as never,
    0,
  );
  try {
    const first = reloading.reload("SIGHUP");
    await until("the first reload", () => broker.reloads === 1);
    const others = Array.from(
      { length: 1000 },
      (_, at) => reloading.reload(at % 2 === 0 ? "SIGHUP" : "a file"),
    );
    broker.end();
    await first;
    await Promise.all(others);
    assert.equal(broker.reloads, 2);
    assert.deepEqual(logged, [
      ["reloaded", "SIGHUP"],
      ["reloaded", "SIGHUP, a file"],
    ]);
    // Later ones come again.
    await reloading.reload("SIGHUP");
    assert.equal(broker.reloads, 3);
  } finally {
    reloading.stop();
    await Deno.remove(folder, { recursive: true });
  }
});
