import assert from "node:assert/strict";
import { readOutcome } from "../../tools/run_tests.ts";

/** The outcome of a run of `source` as a test file, as the runner reads it. */
async function outcomeOf(source: string) {
  const directory = await Deno.makeTempDir();
  try {
    const report = `${directory}/report.xml`;
    await Deno.writeTextFile(`${directory}/a_test.ts`, source);
    await new Deno.Command(Deno.execPath(), {
      args: ["test", "--no-config", `--junit-path=${report}`, directory],
      stdout: "null",
      stderr: "null",
    }).output();
    return readOutcome(await Deno.readTextFile(report));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("run_tests: counts what passed, failed and was skipped", async () => {
  const outcome = await outcomeOf(`
    Deno.test("one", () => {});
    Deno.test("two & three", () => {});
    Deno.test("bad <it>", () => { throw new Error("no"); });
    Deno.test({ name: "away (no such program)", ignore: true, fn() {} });
    Deno.test("steps", async (t) => { await t.step("inner", () => {}); });
  `);
  assert.equal(outcome.failed.length, 1);
  assert.equal(outcome.failed[0], "bad <it>");
  assert.equal(outcome.skipped.length, 1);
  assert.match(outcome.skipped[0], /^away \(no such program\)/);
  assert.ok(outcome.passed >= 3);
});

Deno.test("run_tests: a file that does not load is a failure", async () => {
  const outcome = await outcomeOf(`throw new Error("at once");`);
  assert.ok(outcome.failed.length > 0 || outcome.passed === 0);
});
