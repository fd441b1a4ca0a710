import assert from "node:assert/strict";
import { eachLine } from "../../tools/run_tests.ts";
import { TestProgress, withoutColors } from "../../tools/test_progress.ts";

/** What is shown of a run of these files by `deno test`. */
async function shownOf(files: Readonly<Record<string, string>>) {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, source] of Object.entries(files)) {
      await Deno.writeTextFile(`${folder}/${name}`, source);
    }
    const child = new Deno.Command(Deno.execPath(), {
      args: ["test", "--no-config", "--parallel", "--reporter=pretty"],
      cwd: folder,
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    let shown = "";
    const progress = new TestProgress((text) => shown += withoutColors(text));
    await Promise.all([
      eachLine(child.stdout, (line) => progress.line(line)),
      eachLine(child.stderr, (line) => progress.errorLine(line)),
    ]);
    const { code, signal } = await child.status;
    progress.end(signal === null && code <= 1);
    return { shown, broken: progress.broken };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("test progress: a run without failures is a row of dots", async () => {
  const { shown } = await shownOf({
    "a_test.ts": `
      for (let count = 0; count < 61; count++) Deno.test("a" + count, () => {});
      Deno.test("says something", () => console.log("something"));
      Deno.test("steps", async (t) => { await t.step("one", () => {}); });
      Deno.test({ name: "away", ignore: true, fn() {} });`,
  });
  assert.equal(shown, `${".".repeat(60)} 60\n..., 64\n`);
});

Deno.test("test progress: a failed test is named at once, with its output and its error", async () => {
  const { shown, broken } = await shownOf({
    "a_test.ts": `
      Deno.test("one", () => {});
      Deno.test("bad", () => {
        console.log("seed 7");
        throw new Error("no such thing");
      });
      Deno.test("two", () => {});`,
  });
  assert.deepEqual(broken, []);
  const [row, named, ...rest] = shown.split("\n");
  assert.deepEqual([row, named], [".! 2", "FAILED ./a_test.ts: bad"]);
  const text = rest.join("\n");
  assert.match(text, /seed 7[^]*\n\. 3\n\nErrors of failed tests:\n/);
  assert.match(
    text,
    /bad => \.\/a_test\.ts:3:12\nerror: Error: no such thing\n/,
  );
  assert.doesNotMatch(text, /ext:cli|FAILURES|passed/);
});

Deno.test("test progress: an error outside of the tests is told of its file", async () => {
  const { shown, broken } = await shownOf({
    "a_test.ts": `Deno.test("one", () => {});`,
    "b_test.ts": `throw new Error("at once");`,
  });
  assert.deepEqual(broken, ["./b_test.ts"]);
  assert.match(shown, /FAILED \.\/b_test\.ts: an error outside of its tests/);
  assert.match(shown, /error: .*Error: at once/);
});

Deno.test("test progress: what a run that broke off said last is shown", () => {
  let shown = "";
  const progress = new TestProgress((text) => shown += text);
  progress.line("./a_test.ts => one ... ok (1ms)");
  progress.line("thread main panicked");
  progress.errorLine("Download https://packages.example/a.tgz");
  progress.errorLine("error: out of memory");
  progress.end(false);
  assert.equal(shown, ". 1\nerror: out of memory\n  thread main panicked\n");
});
