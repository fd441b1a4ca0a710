import assert from "node:assert/strict";
import {
  completeSettings,
  describeProblem,
  loadSettings,
  printSettings,
  type Settings,
  SettingsError,
  storagePath,
} from "../../src/config/mod.ts";

/** The settings of a file that holds this. */
function load(text: string): Promise<Settings> {
  return loadSettings({ file: { name: "d.toml", text } });
}

/** What is wrong with a file that holds this, a line each. */
async function faultsOf(text: string): Promise<string[]> {
  try {
    await load(text);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return error.problems.map(describeProblem);
  }
  return [];
}

const full = `
[storage]
mode = "fault-tolerant"
path = "/srv/state"
flush_interval = "1s"
max_size = "2 GiB"
write_budget = "500 MB"
low_space = "5%"
snapshot_interval = "10m"
scrub = "12h"
on_corruption = "refuse"

[[storage.rule]]
filter = "telemetry/#"
mode = "memory"

[[storage.rule]]
filter = "+/debug"
`;

Deno.test("storage: every setting, in its unit", async () => {
  const { storage } = await load(full);
  assert.deepEqual(storage, {
    mode: "fault-tolerant",
    path: "/srv/state",
    flush_interval: 1000,
    max_size: 2 * 1024 ** 3,
    write_budget: 500_000_000,
    low_space: { bytes: 0, percent: 5 },
    snapshot_interval: 600_000,
    scrub: 43_200_000,
    on_corruption: "refuse",
    rule: [
      { filter: "telemetry/#", mode: "memory" },
      { filter: "+/debug", mode: "memory" },
    ],
  });
});

Deno.test("storage: without a word it is buffered", () => {
  const { storage } = completeSettings();
  assert.deepEqual(storage, {
    mode: "buffered",
    path: "",
    flush_interval: 200,
    max_size: 0,
    write_budget: 0,
    low_space: { bytes: 64 * 1024 ** 2, percent: 0 },
    snapshot_interval: 3_600_000,
    scrub: 86_400_000,
    on_corruption: "set-aside",
    rule: [],
  });
});

Deno.test("storage: a scrub may be never, and not more often than each minute", async () => {
  for (const text of [`"never"`, "0", `"0"`, `"0s"`]) {
    const { storage } = await load(`storage.scrub = ${text}`);
    assert.equal(storage.scrub, 0, text);
  }
  const [problem] = await faultsOf(`storage.scrub = "59s"`);
  assert.match(problem, /storage\.scrub.*59s.*1m to .*or "never"/);
});

Deno.test("storage: what is printed gives the same settings again", async () => {
  for (const text of [full, "", `storage.low_space = "100 MiB"`]) {
    const settings = await load(text);
    assert.deepEqual(await load(printSettings(settings)), settings);
  }
});

Deno.test("storage: low_space takes bytes, sizes, shares, and 0", async () => {
  const cases: readonly [value: string, bytes: number, percent: number][] = [
    ["0", 0, 0],
    ["1000", 1000, 0],
    [`"100 MiB"`, 100 * 1024 ** 2, 0],
    [`"90 %"`, 0, 90],
  ];
  for (const [value, bytes, percent] of cases) {
    const { storage } = await load(`storage.low_space = ${value}`);
    assert.deepEqual(storage.low_space, { bytes, percent }, value);
  }
  for (const value of [`"0%"`, `"91%"`, "-1", "1.5", `"much"`, "true"]) {
    const [fault] = await faultsOf(`storage.low_space = ${value}`);
    assert.match(fault, /storage\.low_space: .* is not allowed: give a size/);
  }
});

Deno.test("storage: every mistake in a rule is told where it stands", async () => {
  const text = `
[storage]
mode = "durably"
[[storage.rule]]
filter = "a/#/b"
[[storage.rule]]
mode = "durable"
fitler = "a"
[[storage.rule]]
filter = "$share/g/a"
`;
  const faults = await faultsOf(text);
  const places = [
    /^d\.toml:3:8: storage\.mode: .* did you mean "durable"\?$/,
    /^d\.toml:5:10: storage\.rule\.0\.filter: "a\/#\/b" is not allowed/,
    /^d\.toml:7:8: storage\.rule\.1\.mode: "durable" is not allowed/,
    /^d\.toml:8:1: storage\.rule\.1\.fitler: .* did you mean filter\?$/,
    /^d\.toml:10:10: storage\.rule\.2\.filter: .* \(a shared subscription\)$/,
  ];
  assert.equal(faults.length, places.length, faults.join("\n"));
  for (const place of places) {
    assert.ok(faults.some((fault) => place.test(fault)), faults.join("\n"));
  }
});

Deno.test("storage: a rule needs a filter, and rules are tables", async () => {
  assert.deepEqual(await faultsOf("[[storage.rule]]\nmode='memory'"), [
    'd.toml:1:1: storage.rule.0.filter: this rule has no filter: give one, like "sensors/#"',
  ]);
  assert.deepEqual(await faultsOf("storage.rule = 'a'"), [
    "d.toml:1:16: storage.rule: not a list: write each as a [[storage.rule]] table",
  ]);
  assert.deepEqual(await faultsOf("storage.rule = ['a']"), [
    "d.toml:1:17: storage.rule.0: not a table: write each as a [[storage.rule]] table",
  ]);
  assert.deepEqual(await faultsOf("storage = 'a'"), [
    "d.toml:1:11: storage: not a table: write its settings below a line [storage]",
  ]);
});

Deno.test("storage: a rule by --set", async () => {
  const { storage } = await loadSettings({
    sets: ["storage.rule.0.filter=a/#"],
  });
  assert.deepEqual(storage.rule, [{ filter: "a/#", mode: "memory" }]);
});

/** Where the store is, for this `storage.path` and these variables. */
function where(path: string, environment: Record<string, string>): string {
  return storagePath(completeSettings({ storage: { path } }), environment);
}

Deno.test("storage path: a folder, or a file that ends in .kv", () => {
  const environment = { HOME: "/home/a", STATE_DIRECTORY: "/var/lib/a" };
  assert.equal(where("/srv/state", environment), "/srv/state/store.kv");
  assert.equal(where("state/", environment), "state/store.kv");
  assert.equal(where("/srv/a.kv", environment), "/srv/a.kv");
});

Deno.test("storage path: a leading ~ is the home", () => {
  const environment = { HOME: "/home/a" };
  assert.equal(where("~/state", environment), "/home/a/state/store.kv");
  assert.equal(where("~/a.kv", environment), "/home/a/a.kv");
  assert.equal(where("~", environment), "/home/a/store.kv");
  assert.equal(where("/srv/~/a.kv", environment), "/srv/~/a.kv");
  assert.equal(where("~b/a.kv", environment), "~b/a.kv");
  assert.equal(where("~/a.kv", {}), "~/a.kv");
});

Deno.test("storage path: left out, it is the platform's habit", () => {
  const HOME = "/home/a";
  const XDG_STATE_HOME = "/x";
  const STATE_DIRECTORY = "/var/lib/dunlin:/var/lib/other";
  assert.equal(where("", { HOME }), "/home/a/.local/state/dunlin/store.kv");
  assert.equal(where("", { HOME, XDG_STATE_HOME }), "/x/dunlin/store.kv");
  assert.equal(
    where("", { HOME, XDG_STATE_HOME, STATE_DIRECTORY }),
    "/var/lib/dunlin/store.kv",
  );
  const unset = { HOME, XDG_STATE_HOME: "", STATE_DIRECTORY: "" };
  assert.equal(where("", unset), "/home/a/.local/state/dunlin/store.kv");
  const relative = { HOME, XDG_STATE_HOME: "x" };
  assert.equal(where("", relative), "/home/a/.local/state/dunlin/store.kv");
  assert.equal(where("", {}), "/var/lib/dunlin/store.kv");
});
