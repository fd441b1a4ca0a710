import assert from "node:assert/strict";
import { isFresh, listOf } from "../../tools/bundle.ts";
import { build, root } from "../../tools/build.ts";
import { appears, runDunlin } from "../support/process.ts";
import { loadedBy } from "../support/loaded_modules.ts";

const folder = await Deno.makeTempDir({ prefix: "dunlin-bundle-" });
const bundle = `${folder}/bundle`;
const record = await build(bundle);
globalThis.addEventListener("unload", () => {
  Deno.removeSync(folder, { recursive: true });
});

/** Returns the text of all files of a folder, by name. */
async function filesOf(path: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for await (const { name } of Deno.readDir(path)) {
    files.set(name, await Deno.readTextFile(`${path}/${name}`));
  }
  return files;
}

/** Returns the chunk that has the source `path`. */
function chunkOf(files: Map<string, string>, path: string): string {
  const [name] =
    [...files].find(([, text]) =>
      text.includes(`\n// ${path}\n`) || text.startsWith(`// ${path}\n`)
    ) ?? [];
  assert.ok(name, `no chunk has ${path}`);
  return name;
}

Deno.test("bundle: the same sources give the same bytes, without paths of this machine", async () => {
  const again = `${folder}/again`;
  await build(again);
  const files = await filesOf(bundle);
  assert.ok(files.size > 50, `${files.size} files`);
  assert.deepEqual(await filesOf(again), files);
  for (const [name, text] of files) {
    // Each module has its path above it: a source, or a package beside them.
    for (const [, path] of text.matchAll(/^\/\/ (\.\.\/\S+)$/gm)) {
      assert.match(path, /^\.\.\/npm\//, name);
    }
    assert.ok(!text.includes(root) && !text.includes(folder), name);
  }
});

Deno.test("bundle: a plain serve reads few chunks: no package, no TLS, no users, no rules", async () => {
  const files = await filesOf(bundle);
  const main = `file://${bundle}/main.js`;
  const serve = chunkOf(files, "src/cli/serve/serve.ts");
  const loaded = new Set([
    ...await loadedBy(new URL(main)),
    ...await loadedBy(new URL(serve, main)),
  ]);
  const names = [...loaded].filter((one) => one.startsWith("file:"))
    .map((one) => one.slice(one.lastIndexOf("/") + 1));
  const sources = names.flatMap((name) =>
    [...files.get(name)!.matchAll(/^\/\/ ((?:src|\.\.)\/\S+)$/gm)]
      .map(([, path]) => path)
  );
  assert.ok(sources.includes("src/broker/broker.ts"));
  const heavy = sources.filter((path) =>
    /^\.\.|^src\/(store|admin|broker\/admin)\/|^src\/security\/\w+\/(?!.*rights)/
      .test(path)
  );
  assert.deepEqual(heavy, []);
  const nodes = [...loaded].filter((one) =>
    /^npm:|^node:(?!path$|buffer$)/.test(one)
  );
  assert.deepEqual(nodes, []);
  assert.ok(names.length < files.size / 3, `${names.length} of ${files.size}`);
});

Deno.test("bundle: it is fresh until a source or a chunk changes or goes, or no list is there", async () => {
  assert.ok(isFresh(bundle, root));
  const copy = `${folder}/copy`;
  const list = JSON.parse(await Deno.readTextFile(listOf(bundle)));
  const path = "src/cli/run.ts";
  assert.ok(path in list && "deno.lock" in list);
  const [size, time] = list[path];
  for (
    const other of [
      { [path]: [size + 1, time] },
      { [path]: [size, time - 1] },
      {
        "src/gone.ts": [size, time],
      },
    ]
  ) {
    const text = JSON.stringify({ ...list, ...other });
    await Deno.writeTextFile(listOf(copy), text);
    assert.ok(!isFresh(copy, root), Object.keys(other)[0]);
  }
  assert.ok(!isFresh(`${folder}/none`, root));
  const chunk = `${bundle}/main.js`;
  await Deno.rename(chunk, `${folder}/main.js`);
  assert.ok(!isFresh(bundle, root), "a chunk less");
  await Deno.rename(`${folder}/main.js`, chunk);
  assert.ok(isFresh(bundle, root));
});

/** Runs a main module to its end, with the arguments. */
async function run(main: string, ...args: readonly string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-config", "--unstable-kv", main, ...args],
    cwd: folder,
    env: { NO_COLOR: "1", HOME: folder, XDG_RUNTIME_DIR: "" },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

Deno.test("bundle: --version --verbose says version, commit, runtime and kind", async () => {
  const lines = (commit: string, kind: string) =>
    new RegExp(
      `^dunlin ${record.version}\ncommit   ${commit}\n` +
        `runtime  Deno ${Deno.version.deno}, V8 .*\nkind     ${kind}\n$`,
    );
  const commit = record.commit.replace("+", "\\+");
  const args = ["--version", "--verbose"];
  const { out } = await run(`${bundle}/main.js`, ...args);
  assert.match(out, lines(commit, "bundle"));
  const { stdout } = await runDunlin(["--verbose", "-V"]);
  assert.match(stdout, lines("not recorded", "sources"));
});

Deno.test("bundle: the commit is known where the sources are another user's", async () => {
  const module = new URL("../../tools/build.ts", import.meta.url);
  const code = `import { git } from "${module}";
    console.log(await git("rev-parse", "HEAD").catch(() => "unknown"));`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", code],
    // A variable of git's own tests.
    env: { GIT_TEST_ASSUME_DIFFERENT_OWNER: "1" },
  }).output();
  const commit = new TextDecoder().decode(stdout).trim();
  assert.equal(commit, record.commit.replace("+changes", ""));
});

Deno.test("bundle: the store's thread starts from it", async () => {
  const path = `${folder}/none.kv`;
  const set = [
    "--set",
    "storage.mode=durable",
    "--set",
    `storage.path=${path}`,
  ];
  const { out, err } = await run(
    ...[`${bundle}/main.js`, "store", "info", "--json", ...set] as const,
  );
  // The thread's own answer: it looked for the store.
  assert.equal(JSON.parse(out).fault, "missing", out + err);
});

Deno.test("bundle: the admin page works, and its thread reads nothing of the broker", async () => {
  const files = await filesOf(bundle);
  const thread = chunkOf(files, "src/admin/server/thread.ts");
  const worker = chunkOf(files, "src/admin/server/worker.ts");
  const loaded = await loadedBy(new URL(`file://${bundle}/${thread}`));
  for (const one of await loadedBy(new URL(`file://${bundle}/${worker}`))) {
    loaded.add(one);
  }
  const sources = [...loaded].filter((one) => one.startsWith("file:"))
    .map((one) => files.get(one.slice(one.lastIndexOf("/") + 1))!)
    .flatMap((text) => [...text.matchAll(/^\/\/ src\/(\w+)\/\S+$/gm)])
    .map(([, name]) => name);
  const used = ["admin", "clock", "errors", "network"];
  assert.deepEqual([...new Set(sources)].sort(), used);
  const ready = `${folder}/ready.json`;
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-config", "--unstable-kv", `${bundle}/main.js`],
      ...["--admin", "--port", "0", "--ready-file", ready],
      ...["--set", "admin.port=0", "--set", `storage.path=${folder}/store`],
    ],
    cwd: folder,
    env: { NO_COLOR: "1", HOME: folder, XDG_RUNTIME_DIR: "" },
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const output = new Response(child.stdout).text();
  try {
    assert.ok(await appears(ready, child.status.then(({ code }) => code)));
    const { users } = JSON.parse(
      await Deno.readTextFile(`${folder}/store/admin.json`),
    );
    assert.equal(users.length, 1);
  } finally {
    child.kill("SIGTERM");
  }
  const [, page, link, password] =
    /admin +(http:\S+)[^]*\?link=(\S+)\n.*password (\S+)/.exec(await output)!;
  assert.match(page, /^http:\/\/127\.0\.0\.1:\d+\/$/);
  assert.equal(link.length, 43);
  assert.equal(password.length, 27);
});
