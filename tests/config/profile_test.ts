import assert from "node:assert/strict";
import {
  completeSettings,
  differenceOf,
  loadSettings,
  machineMemory,
  PROFILES,
  type Settings,
  withoutRestart,
} from "../../src/config/mod.ts";
import { profileLine } from "../../src/cli/settings/profile_line.ts";
import { sections } from "../../src/config/fields/fields.ts";

const MIB = 1024 * 1024;

function load(text: string, memory: number): Promise<Settings> {
  return loadSettings({ file: { name: "dunlin.toml", text }, memory });
}

Deno.test("profile: a machine with less than 512 MiB gets the small one, and what the file sets stays", async () => {
  const { defaults } = PROFILES.small;
  const small = await load("", 512 * MIB - 1);
  assert.equal(small.profile.name, "small");
  for (const [section, values] of Object.entries(defaults)) {
    const chosen = small[section as keyof typeof defaults];
    assert.deepEqual({ ...chosen, ...values }, chosen, section);
  }
  // A listener has it from its section.
  assert.equal(
    small.listener[0].max_packet_size,
    defaults.limits!.max_packet_size,
  );
  const set = await load(
    `[storage]\nflush_interval = "200ms"\n[limits]\nmax_packet_size = "1 MiB"`,
    100 * MIB,
  );
  assert.equal(set.storage.flush_interval, 200);
  assert.equal(set.listener[0].max_packet_size, MIB);
  assert.equal(
    set.storage.snapshot_interval,
    defaults.storage!.snapshot_interval,
  );
});

Deno.test("profile: a name goes before the memory, in both directions", async () => {
  const usual = completeSettings();
  assert.deepEqual(await load("", 512 * MIB), usual);
  const standard = await load(`[profile]\nname = "standard"`, 100 * MIB);
  assert.deepEqual(standard, usual);
  const small = await load(`[profile]\nname = "small"`, 64 * 1024 * MIB);
  assert.equal(small.profile.name, "small");
  const memories: number[] = [];
  const onDetected = (memory: number) => memories.push(memory);
  const sets = ["profile.name=small"];
  await loadSettings({ sets, memory: 100 * MIB, onDetected });
  assert.deepEqual(memories, []);
  await loadSettings({ memory: 100 * MIB, onDetected });
  assert.deepEqual(memories, [100 * MIB]);
});

Deno.test("profile: start report and check name the small one and the memory", async () => {
  const settings = await load("", 416.5 * MIB);
  assert.equal(
    profileLine({ settings, memory: 416.5 * MIB }),
    "small, for 416 MiB of memory",
  );
  assert.equal(profileLine({ settings }), "small");
  const usual = completeSettings();
  assert.equal(profileLine({ settings: usual, memory: MIB }), undefined);
});

Deno.test("profile: at a reload another one needs a restart, and its settings apply at once", async () => {
  const from = await load("", 64 * 1024 * MIB);
  const to = await load(`[profile]\nname = "small"`, 64 * 1024 * MIB);
  const changes = differenceOf(from, to);
  const effects = new Map(changes.map(({ path, effect }) => [path, effect]));
  assert.equal(effects.get("profile.name"), "restart");
  assert.equal(effects.get("storage.flush_interval"), "now");
  const next = withoutRestart(from, to);
  assert.equal(next.profile.name, "standard");
  assert.equal(next.storage.flush_interval, to.storage.flush_interval);
});

const HUGE = "9223372036854771712\n";

Deno.test("profile: the memory is that of the machine, of its control group, or of one above", () => {
  const cases: [files: Record<string, string>, memory: number][] = [
    [{}, 1000],
    // Without a limit, in both versions.
    [{
      "/proc/self/cgroup": "0::/a\n",
      "/sys/fs/cgroup/a/memory.max": "max\n",
    }, 1000],
    [{
      "/proc/self/cgroup": "4:cpu,memory:/a\n1:cpu:/\n",
      "/sys/fs/cgroup/memory/a/memory.limit_in_bytes": HUGE,
    }, 1000],
    // A unit with MemoryMax, and a slice above it.
    [{
      "/proc/self/cgroup": "0::/system.slice/dunlin.service\n",
      "/sys/fs/cgroup/system.slice/dunlin.service/memory.max": "300\n",
    }, 300],
    [{
      "/proc/self/cgroup": "0::/system.slice/dunlin.service\n",
      "/sys/fs/cgroup/system.slice/dunlin.service/memory.max": "max\n",
      "/sys/fs/cgroup/system.slice/memory.max": "400\n",
    }, 400],
    // The name of a group has colons.
    [{
      "/proc/self/cgroup": "0::/pod.slice:cri:1\n",
      "/sys/fs/cgroup/pod.slice:cri:1/memory.max": "300\n",
    }, 300],
    // A container, which has its group as the root.
    [{
      "/proc/self/cgroup": "0::/\n",
      "/sys/fs/cgroup/memory.max": "200\n",
    }, 200],
    [{
      "/proc/self/cgroup": "4:memory:/docker/1\n0::/\n",
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": "200\n",
    }, 200],
    // More than the machine has.
    [{
      "/proc/self/cgroup": "0::/\n",
      "/sys/fs/cgroup/memory.max": "5000\n",
    }, 1000],
  ];
  for (const [files, memory] of cases) {
    const read = (path: string) => {
      if (path in files) return files[path];
      throw new Deno.errors.NotFound(path);
    };
    // Other systems have no such files.
    const expected = Deno.build.os === "linux" ? memory : 1000;
    assert.equal(machineMemory(1000, read), expected, JSON.stringify(files));
  }
  assert.ok(machineMemory() > 0);
});

Deno.test("profile: where the runtime denies /proc, the limit is the one that an executable names", () => {
  const denied = () => {
    throw new Deno.errors.NotCapable("Requires all access");
  };
  for (
    const [named, expected] of [["900", 900], ["max", 1000], [
      "",
      1000,
    ]] as const
  ) {
    Deno.env.set("DUNLIN_MEMORY_MAX", named);
    try {
      assert.equal(machineMemory(1000, denied), expected);
    } finally {
      Deno.env.delete("DUNLIN_MEMORY_MAX");
    }
  }
});

Deno.test("profile: docs/small-boards.md has the table of the sources", async () => {
  const text = await Deno.readTextFile(
    new URL("../../docs/small-boards.md", import.meta.url),
  );
  const usual = completeSettings();
  const rows = new Map(
    [...text.matchAll(/^\| `([a-z_.]+)`\s+\|\s+(.*?)\s+\|\s+(.*?)\s+\|$/gm)]
      .map(([, name, standard, small]) => [name, [standard, small]]),
  );
  const { defaults } = PROFILES.small;
  for (const [section, values] of Object.entries(defaults)) {
    const key = section as keyof typeof defaults;
    for (const [name, value] of Object.entries(values)) {
      const field =
        sections[key][name as keyof typeof sections[typeof key]] as {
          write(value: unknown): string;
        };
      const show = (one: unknown) => field.write(one).replaceAll('"', "");
      const before = (usual[key] as unknown as Record<string, unknown>)[name];
      const standard = name === "max_queued_memory"
        ? "25 % of the memory"
        : show(before);
      const path = `${section}.${name}`;
      assert.deepEqual(rows.get(path), [standard, show(value)], path);
      rows.delete(path);
    }
  }
  assert.deepEqual([...rows.keys()], []);
  const { standard, small } = PROFILES;
  for (const name of ["cachedMatches", "cachedRights"] as const) {
    const row = `\\| ${standard.tuning[name]}\\s+\\| ${small.tuning[name]}\\s`;
    assert.match(text, new RegExp(row), name);
  }
});
