import assert from "node:assert/strict";
import { chartOf } from "./chart.ts";
import { runDay } from "./day.ts";
import { reportOf } from "./report.ts";

Deno.test("day: in a small home every message and every command arrives, and every topic is retained", async () => {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-day-" });
  try {
    const day = await runDay({
      ...{ devices: 6, rate: 0.2, seed: 1, folder },
      // Long enough for the controller to restart, and devices to reconnect.
      ...{ speed: 20_000, seconds: 9 * 3600, samples: 5 },
      settings: ["storage.flush_interval=1ms", "log.level=warn"],
      runtime: [],
    });
    const { counts } = day;
    assert.equal(counts.published, 9 * 3600 * 0.2);
    assert.equal(counts.missing, 0);
    assert.ok(counts.obeyed >= counts.commands && counts.commands > 0);
    assert.equal(counts.topics, 6 * 6);
    assert.equal(day.retained, counts.topics);
    assert.ok(counts.connections > 6 + 2, `${counts.connections} connections`);
    const report = reportOf(day);
    for (const [name, value] of Object.entries(report)) {
      assert.ok(Number.isFinite(value), `${name} is ${value}`);
    }
    const chart = chartOf("a day", day.samples);
    assert.match(chart, /^<svg [^]*<\/svg>\n$/);
    assert.doesNotMatch(chart, /NaN|Infinity/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
