import assert from "node:assert/strict";
import { type Mode, planRound } from "./plan.ts";
import { runRound } from "./round.ts";
import { tellFailure, Totals } from "./totals.ts";

/** Seeds are fixed, so that a failure is that of a change. */
const rounds: readonly [mode: Mode, count: number, seed: number][] = [
  ["buffered", 8, 300],
  ["durable", 10, 100],
  ["fault-tolerant", 10, 200],
];

for (const [mode, count, seed] of rounds) {
  Deno.test(`killed at random instants, ${mode}: ${count} rounds`, async () => {
    const totals = new Totals();
    for (let round = 0; round < count; round++) {
      const result = await runRound(planRound(mode, seed + round));
      totals.add(result);
      assert.ok(result.findings.length === 0, tellFailure(result));
    }
    assert.equal(totals.unproved, null);
    assert.ok(totals.kills > 0, "nothing was killed");
    assert.ok(totals.received > 100, "hardly a message came through");
  });
}

Deno.test("a round without kills finds nothing in memory either", async () => {
  const result = await runRound(planRound("memory", 1));
  assert.ok(result.findings.length === 0, tellFailure(result));
});
