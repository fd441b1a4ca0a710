import assert from "node:assert/strict";
import { importMosquitto } from "../../src/cli/import/import.ts";
import type { ImportOptions } from "../../src/cli/import/import_options.ts";
import { runDunlin } from "../support/process.ts";

/** Runs `dunlin import` on a file of that text in a folder of its own. */
async function inFolder(
  text: string,
  body: (
    run: (options?: ImportOptions) => Promise<[number, string, string]>,
    folder: string,
  ) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-import-" });
  await Deno.writeTextFile(`${folder}/m.conf`, text);
  try {
    await body(async (options = {}) => {
      let [out, err] = ["", ""];
      const code = await importMosquitto(`${folder}/m.conf`, options, {
        out: (chunk) => out += chunk,
        err: (chunk) => err += chunk,
      });
      return [code, out, err];
    }, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("import: the result is shown, what has no counterpart is told", () =>
  inFolder("user nobody\nsys_interval 3", async (run, folder) => {
    const [code, out, err] = await run();
    assert.equal(code, 0);
    assert.match(out, /\n\[sys\]\ninterval = 3 {2}# .*m\.conf:2\n/);
    assert.match(out, /\n# .*m\.conf:1: user nobody\n# {3}No counterpart: /);
    const [title, line] = err.split("\n");
    assert.equal(title, "These lines have no counterpart:");
    assert.ok(line.startsWith(`  ${folder}/m.conf:1: user nobody: `), line);
  }));

Deno.test("import: --out writes a file, and replaces none without --force", () =>
  inFolder("sys_interval 3", async (run, folder) => {
    const out = `${folder}/d.toml`;
    assert.deepEqual(await run({ out }), [
      0,
      "",
      `${out} is written; try it: dunlin --config ${out}\n`,
    ]);
    await Deno.writeTextFile(out, "mine");
    const [code, , err] = await run({ out });
    assert.equal(code, 1);
    assert.match(err, /exists: give another name, or --force/);
    assert.equal(await Deno.readTextFile(out), "mine");
    assert.equal((await run({ out, force: true }))[0], 0);
    assert.match(await Deno.readTextFile(out), /interval = 3/);
  }));

Deno.test("import: a result that cannot be used yet says what to change, exit 1", () =>
  inFolder("listener 1990\nlistener 1990\npsk_file x", async (run) => {
    const [code, out, err] = await run();
    assert.equal(code, 1);
    assert.match(out, /port = 1990/);
    assert.match(
      err,
      /Change these settings by hand first:\n {2}result:\d+:\d+: .*port/,
    );
  }));

Deno.test("import: a line about access that becomes a stricter one is told first, exit 3", () =>
  inFolder("user nobody\nlistener 1990\nplugin /p.so", async (run) => {
    const [code, , err] = await run();
    assert.equal(code, 3);
    const [title, line, next] = err.split("\n");
    assert.match(title, /^These lines allow less than in Mosquitto/);
    assert.match(line, /m\.conf:3: plugin \/p\.so: .*no client may enter/);
    assert.equal(next, "These lines have no counterpart:");
  }));

Deno.test("import: from the command line; a file that is not there, exit 1", async () => {
  const { code, stdout, stderr } = await runDunlin(["import", "/no/m.conf"]);
  assert.deepEqual([code, stdout], [1, ""]);
  assert.equal(stderr, "/no/m.conf: it is not there\n");
});

Deno.test("import: TOML is told as such, with the command that checks it", async () => {
  for (
    const text of [
      "# Settings\n\n[storage]\npath = 'x'",
      "[[listener]]\nport = 1",
      "sys = { interval = 0 }",
      "\uFEFFstorage.path='x'",
    ]
  ) {
    await inFolder(text, async (run, folder) => {
      const [code, out, err] = await run();
      assert.deepEqual([code, out], [1, ""]);
      assert.match(err, /this is TOML, .*mosquitto\.conf/);
      assert.ok(err.endsWith(`dunlin check ${folder}/m.conf\n`), err);
    });
  }
});
