import assert from "node:assert/strict";
import { MODES, readOptions } from "./options.ts";
import { planOf, type StepKind } from "./plan.ts";
import { shrink } from "./shrink.ts";
import { roomOf, simulate } from "./simulate.ts";

/** Histories of each mode: all in some seconds. */
const SEEDS = 25;

const STEPS = 150;

for (const mode of MODES) {
  Deno.test(`simulation: ${SEEDS} histories keep what ${mode} promises`, async () => {
    let [copies, crashes] = [0, 0];
    for (let seed = 1; seed <= SEEDS; seed++) {
      const outcome = await simulate({ seed, mode, steps: STEPS });
      copies += outcome.copies;
      crashes += outcome.crashes;
      const [fault] = outcome.faults;
      if (fault === undefined) continue;
      const history = { seed, mode };
      const shrunk = await shrink(history, planOf(seed, STEPS, mode), fault);
      assert.fail(
        `seed ${seed}: ${fault}\n${shrunk.outcome.lines.join("\n")}\nrepeat ` +
          `it: deno task simulate --mode ${mode} --seed ${seed} --seeds 1 ` +
          `--steps ${STEPS}`,
      );
    }
    assert.ok(copies > 500 && crashes > 20, `${copies}, ${crashes}`);
  });

  Deno.test(`simulation: one seed is one history (${mode})`, async () => {
    for (const seed of [1, 2, 3]) {
      const history = { seed, mode, steps: STEPS, isTold: true };
      const first = await simulate(history);
      const second = await simulate(history);
      assert.deepEqual(second.lines, first.lines);
      assert.equal(second.trace, first.trace);
    }
  });
}

Deno.test("simulation: a reload keeps connections, and ends those of a listener that goes", async () => {
  const step = planOf(1, 1, "memory")[0];
  const reload = { ...step, kind: "reload" as const };
  for (const [reloads, ends] of [[2, false], [3, true]] as const) {
    const plan = new Array(reloads).fill(reload);
    const history = { seed: 1, mode: "memory" as const, plan, isTold: true };
    const { lines, faults } = await simulate(history);
    assert.deepEqual(faults, []);
    const rest = lines.findIndex((line) => line.includes("-- all comes"));
    const told = lines.slice(0, rest).join("\n");
    assert.equal(told.includes("listener-removed"), ends, told);
    assert.equal(told.includes("LOG disconnected"), ends, told);
  }
});

Deno.test("simulation: a message may expire in the socket of a client that does not read", async () => {
  const steps = [["stall", 0.6], ["expiring", 0], ["long", 0]] as const;
  const plan = steps.map(([kind, which]) => (
    { seed: 1, kind, which, much: 0.9 }
  ));
  const history = { seed: 101473, mode: "memory" as const, plan };
  assert.deepEqual((await simulate(history)).faults, []);
});

Deno.test("simulation: a disk that another program fills is noticed, and costs nothing", async () => {
  const kinds = [
    ...["full", "publish", "publish", "turns", "time", "time", "turns"],
    ...["publish", "turns", "kill", "turns", "heal", "turns", "publish"],
  ] as const;
  for (const mode of ["buffered", "durable", "fault-tolerant"] as const) {
    const plan = planOf(1, kinds.length, mode).map((step, at) => (
      { ...step, kind: kinds[at] as StepKind, much: 0.9 }
    ));
    const history = { seed: 1, mode, plan, isTold: true };
    const { lines, faults } = await simulate(history);
    assert.deepEqual(faults, [], mode);
    const told = lines.join("\n");
    assert.match(told, /ALARM disk: .*(full|bytes left|No space left)/, mode);
  }
});

for (const mode of ["buffered", "durable"] as const) {
  Deno.test(`simulation: where there is little room ${mode} refuses messages, and takes them again`, async () => {
    let short = 0;
    for (let seed = 1; seed <= 200; seed++) {
      if (roomOf(seed, mode) === undefined) continue;
      const { lines, faults } = await simulate({ seed, mode, isTold: true });
      assert.deepEqual(faults, [], `seed ${seed}`);
      const isShort = /ALARM disk: .* [1-9]\d* bytes left, less than/;
      if (lines.some((line) => isShort.test(line))) short++;
    }
    assert.ok(short > 0, "nothing was refused");
  });
}

Deno.test("simulation: seeds differ in what happens", async () => {
  const traces = new Set<number>();
  for (let seed = 1; seed <= 10; seed++) {
    traces.add((await simulate({ seed, mode: "durable", steps: 50 })).trace);
  }
  assert.equal(traces.size, 10);
});

Deno.test("simulation: options are read, and wrong ones named", () => {
  assert.deepEqual(
    readOptions(["--seeds", "9", "--mode", "durable", "--json"]),
    { mode: "durable", seeds: 9, seed: 1, steps: 200, isJson: true },
  );
  for (
    const [words, message] of [
      [["--mode", "safe"], /unknown mode "safe"/],
      [["--seeds", "many"], /--seeds takes a number, not "many"/],
      [["--fast"], /unknown option --fast/],
    ] as const
  ) assert.match(String(readOptions(words)), message);
});
