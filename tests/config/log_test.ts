import assert from "node:assert/strict";
import {
  completeSettings,
  differenceOf,
  loadSettings,
  LOG_CATEGORIES,
  type LogSettings,
  printSettings,
  SettingsError,
} from "../../src/config/mod.ts";

/** The log's settings in a file with `text`. */
async function logOf(
  text: string,
  more: Parameters<typeof loadSettings>[0] = {},
): Promise<LogSettings> {
  const file = { name: "/etc/d.toml", text };
  return (await loadSettings({ file, ...more })).log;
}

/** What is wrong with a file with `text`. */
async function faultOf(text: string): Promise<string> {
  try {
    await logOf(text);
  } catch (error) {
    assert.ok(error instanceof SettingsError);
    assert.equal(error.problems.length, 1);
    return error.message;
  }
  throw new Error("nothing is wrong");
}

Deno.test("log settings: levels of categories in a table, inline, in a variable and on the command line", async () => {
  const expected = { connections: "warn", storage: "debug" };
  const inline =
    '[log]\ncategories = { storage = "debug", connections = "warn" }\n';
  const table = '[log.categories]\nconnections = "warn"\nstorage = "debug"\n';
  for (const text of [inline, table]) {
    assert.deepEqual((await logOf(text)).categories, expected);
  }
  const { categories } = await logOf(table, {
    environment: { DUNLIN_LOG__CATEGORIES__STORAGE: "error" },
    sets: ["log.categories.settings=info", "log.categories.connections=debug"],
  });
  assert.deepEqual(categories, {
    ...{ connections: "debug", storage: "error", settings: "info" },
  });
});

Deno.test("log settings: a mistake in a category names the place and what is meant", async () => {
  const prefix = "[log]\nlevel = 'info'\ncategories = ";
  assert.equal(
    await faultOf(`${prefix}{ conections = "warn" }`),
    '/etc/d.toml:3:14: log.categories: there is no category "conections": did you mean connections?',
  );
  assert.equal(
    await faultOf(`${prefix}{ storage = "loud" }`),
    '/etc/d.toml:3:14: log.categories: storage: "loud" is not allowed: give "error", "warn", "info" or "debug"',
  );
  assert.match(
    await faultOf(`${prefix}{ xyz = "warn" }`),
    RegExp(`no category "xyz": give one of ${LOG_CATEGORIES.join(", ")}`),
  );
  for (const value of ['"warn"', "[]", "3", "2020-01-01"]) {
    assert.match(
      await faultOf(prefix + value),
      /not allowed: give a table like \{ connections = "warn" \}/,
    );
  }
});

Deno.test("log settings: printed levels read back, and a change of one is a change at once", async () => {
  const text = '[log.categories]\nstorage = "debug"\naccess = "error"\n';
  const settings = await loadSettings({ file: { name: "d.toml", text } });
  const printed = printSettings(settings);
  assert.match(
    printed,
    /^categories = \{ access = "error", storage = "debug" \}$/m,
  );
  const again = { name: "d.toml", text: printed };
  assert.deepEqual(await loadSettings({ file: again }), settings);
  const [change, ...others] = differenceOf(completeSettings(), settings);
  assert.deepEqual(others, []);
  assert.deepEqual(change, {
    path: "log.categories",
    from: "{}",
    to: '{ access = "error", storage = "debug" }',
    effect: "now",
  });
});

Deno.test("log settings: the file is beside the configuration, its bounds are checked", async () => {
  const log = await logOf(
    '[log]\nfile = "d.log"\nmax_size = "1 MiB"\nmax_age = "7d"\nkeep = 0\n',
  );
  assert.equal(log.file, "/etc/d.log");
  assert.deepEqual([log.max_size, log.max_age, log.keep], [
    ...[1024 * 1024, 7 * 24 * 3600_000, 0],
  ]);
  assert.equal((await logOf("[log]\nmax_size = 0\nmax_age = 0\n")).max_age, 0);
  assert.match(await faultOf('[log]\nmax_size = "1 KiB"'), /at least 64 KiB/);
  assert.match(await faultOf('[log]\nmax_age = "1s"'), /1m to 3650d/);
});
