import assert from "node:assert/strict";
import { FaultyDisk } from "./faulty_disk.ts";
import { type Mode, planRound } from "./plan.ts";
import { runRound } from "./round.ts";
import { SmallDisk } from "./small_disk.ts";
import { tellFailure, Totals } from "./totals.ts";

/** Seeds are fixed, so that a failure is that of a change. */
const rounds: readonly [mode: Mode, count: number, seed: number][] = [
  ["buffered", 5, 300],
  ["durable", 6, 100],
  ["fault-tolerant", 6, 200],
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

/** In all of them the disk does not work for a second or more. */
const faultyRounds = [
  { kind: "eio", words: "fails", seed: 1, missing: await FaultyDisk.missing() },
  {
    kind: "full",
    words: "is full",
    seed: 1,
    missing: await SmallDisk.missing(),
  },
] as const;

for (const { kind, words, seed, missing } of faultyRounds) {
  for (const [mode] of rounds) {
    const name = `killed on a disk that ${words}, ${mode}`;
    Deno.test({
      name: missing === null ? name : `${name} [${missing}]`,
      ignore: missing !== null,
      fn: async () => {
        const result = await runRound(planRound(mode, seed, [kind]));
        assert.ok(result.findings.length === 0, tellFailure(result));
        // Whether a broker lives long enough to report it is chance.
        assert.ok(result.faults > 0, "the disk always worked");
        assert.ok(result.acknowledged > 100, "hardly a message was taken");
      },
    });
  }
}

const missing = await FaultyDisk.missing();

/** Runs `code` in a process that has `disk`; returns its error, if any. */
async function run(disk: FaultyDisk, code: string): Promise<string | null> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", code],
    env: { ...disk.env },
  }).output();
  return success ? null : new TextDecoder().decode(stderr);
}

Deno.test({
  name: "a faulty disk fails reads and writes below its prefix alone",
  ignore: missing !== null,
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "faulty-" });
    try {
      using disk = await FaultyDisk.make(folder, `${folder}/bad`);
      disk.percent = 100;
      for (const name of ["good", "bad"]) {
        const path = `${folder}/${name}`;
        await Deno.writeTextFile(path, "there");
        for (
          const call of [
            'writeTextFileSync(path, "text")',
            "readFileSync(path)",
          ]
        ) {
          const code = `const path = ${JSON.stringify(path)}; Deno.${call}`;
          const said = await run(disk, code);
          if (name === "good") assert.equal(said, null);
          else assert.match(said ?? "", /os error 5/, call);
        }
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("a round without kills finds nothing in memory either", async () => {
  const result = await runRound(planRound("memory", 1));
  assert.ok(result.findings.length === 0, tellFailure(result));
});
