import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { makeExecutable } from "../../packaging/executable.ts";
import { addSegment } from "../../packaging/elf.ts";
import { buildStubs } from "../../packaging/stub/build.ts";
import {
  compiler,
  crossCompiler,
  crossHeaders,
  headers,
  qemu,
  testWith,
} from "../e2e/programs.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const stubs = new URL("../../packaging/stub/", import.meta.url);

/** The arguments that the test puts into its executables. */
const ARGS = ["--one", "--two=a b"];

/** How a program of each processor is made, and how it is run here. */
const processors = [
  {
    ...{ name: "linux-x64", machine: "x86_64" },
    ...{ cc: compiler, programs: [compiler, headers], emulator: [] },
  },
  {
    ...{ name: "linux-arm64", machine: "aarch64", cc: crossCompiler },
    programs: [crossCompiler, crossHeaders, qemu],
    emulator: [qemu.command!, "-L", "/usr/aarch64-linux-gnu"],
  },
];

/** How a probe ended: its code, lines of output, and errors. */
interface Probed {
  readonly code: number;
  readonly lines: readonly string[];
  readonly err: string;
}

/** Runs a command with these variables alone. */
async function run(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Probed> {
  const { code, stdout, stderr } = await new Deno.Command(command[0], {
    args: command.slice(1),
    clearEnv: true,
    env,
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  const lines = text.decode(stdout).trim().split("\n");
  return { code, lines, err: text.decode(stderr) };
}

/** Writes an executable of the probe for a processor; resolves to its path. */
async function makeProbe(
  folder: string,
  { name, cc }: (typeof processors)[number],
): Promise<string> {
  const plain = `${folder}/plain`;
  const { success, stderr } = await new Deno.Command(cc.command!, {
    args: ["-Wl,-z,now", "-o", plain, `${here}probe.c`],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  const path = `${folder}/probe`;
  const bytes = makeExecutable({
    runtime: await Deno.readFile(plain),
    stub: await Deno.readFile(new URL(`${name}.bin`, stubs)),
    files: new Map([["main.js", new TextEncoder().encode("1")]]),
    bootstrap: "",
    args: ARGS,
  });
  await Deno.writeFile(path, bytes, { mode: 0o755 });
  return path;
}

async function withProbe(
  processor: (typeof processors)[number],
  body: (path: string, folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-stub-" });
  try {
    await body(await makeProbe(folder, processor), folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The name of the probe's build: that of its cache's folder. */
async function nameOf(path: string): Promise<string> {
  const text = new TextDecoder("latin1").decode(await Deno.readFile(path));
  return /dunlin-[0-9a-f]{16}/.exec(text)![0];
}

for (const processor of processors) {
  const { name, programs, emulator } = processor;
  testWith(
    programs,
    `stub ${name}: the runtime gets its arguments before the user's, and all else unchanged`,
    () =>
      withProbe(processor, async (path, folder) => {
        const env = { DUNLIN_CACHE: folder, X: "1" };
        for (const args of [[], ["serve"], ["a b", "", "--", "-x", "é"]]) {
          const { code, lines } = await run([...emulator, path, ...args], env);
          assert.equal(code, 7);
          const given = lines.filter((line) => line.startsWith("arg "))
            .map((line) => line.slice(4));
          const module = given.findIndex((arg) => arg.startsWith("data:"));
          assert.equal(given[0], path);
          assert.deepEqual(given.slice(1, module), ["run", ...ARGS]);
          assert.deepEqual(given.slice(module + 1), args);
          assert.deepEqual(lines.slice(-2), ["page 1", "end"]);
        }
      }),
  );

  testWith(
    programs,
    `stub ${name}: the environment has the cache's folder, and no other change`,
    () =>
      withProbe(processor, async (path, folder) => {
        const build = await nameOf(path);
        const { code, lines } = await run([...emulator, path], {
          ...{ DUNLIN_CACHE: `${folder}/a/b`, X: "", Y: "=" },
          ...{ DENO_DIR: "/elsewhere", DENO_NO_UPDATE_CHECK: "" },
        });
        assert.equal(code, 7);
        const env = lines.filter((line) => line.startsWith("env ")).sort();
        const [limit] = env.splice(
          env.findIndex((one) => one.startsWith("env DUNLIN_MEMORY_MAX=")),
          1,
        );
        assert.match(limit, /^env DUNLIN_MEMORY_MAX=(\d+|max|)$/);
        const boot = await Deno.readTextFile("/proc/sys/kernel/random/boot_id");
        assert.deepEqual(env, [
          `env DENO_DIR=${folder}/a/b/${build}`,
          "env DENO_NO_UPDATE_CHECK=1",
          `env DUNLIN_BOOT_ID=${boot.trim()}`,
          `env DUNLIN_CACHE=${folder}/a/b`,
          "env OWN=1",
          "env X=",
          "env Y==",
        ]);
        const made = await Deno.stat(`${folder}/a/b/${build}`);
        assert.equal(made.mode! & 0o777, 0o700);
      }),
  );

  testWith(
    programs,
    `stub ${name}: the first folder of the cache that is safe and can be written is taken`,
    () =>
      withProbe(processor, async (path, folder) => {
        const build = await nameOf(path);
        const home = `${folder}/home`;
        const tmp = `${folder}/tmp`;
        for (const made of [home, tmp, `${folder}/xdg`]) await Deno.mkdir(made);
        const taken = async (env: Record<string, string>) => {
          const { code, lines } = await run([...emulator, path], {
            TMPDIR: tmp,
            ...env,
          });
          assert.equal(code, 7);
          const line = lines.find((one) => one.startsWith("env DENO_DIR="))!;
          assert.ok(line.endsWith(`/${build}`));
          return line.slice("env DENO_DIR=".length, -build.length - 1);
        };
        const all = {
          ...{ DUNLIN_CACHE: `${folder}/own`, HOME: home },
          ...{ CACHE_DIRECTORY: `${folder}/service:${folder}/second` },
          XDG_CACHE_HOME: `${folder}/xdg`,
        };
        assert.equal(await taken(all), `${folder}/own`);
        const service = { ...all, DUNLIN_CACHE: "" };
        assert.equal(await taken(service), `${folder}/service`);
        const { XDG_CACHE_HOME, HOME } = all;
        const user = { XDG_CACHE_HOME, HOME };
        assert.equal(await taken(user), `${folder}/xdg/dunlin`);
        assert.equal(await taken({ HOME }), `${home}/.cache/dunlin`);
        // A base that does not exist is not made.
        const absent = { XDG_CACHE_HOME: `${folder}/no/such`, HOME };
        assert.equal(await taken(absent), `${home}/.cache/dunlin`);
        // A folder that others may write is not safe, unless it is named.
        await Deno.chmod(`${folder}/xdg/dunlin`, 0o777);
        assert.equal(await taken(user), `${home}/.cache/dunlin`);
        await Deno.chmod(`${folder}/own`, 0o777);
        assert.equal(await taken(all), `${folder}/own`);
        // A path that is too long is none.
        const long = { ...all, DUNLIN_CACHE: `${folder}/${"a/".repeat(2000)}` };
        assert.equal(await taken(long), `${folder}/service`);
      }),
  );
}

/** The compiler whose bytes are in git. */
const DEBIAN_12 = "12.2.0-14";

async function isDebian12(command: string | undefined): Promise<boolean> {
  if (command === undefined) return false;
  const { stdout } = await new Deno.Command(command, { args: ["--version"] })
    .output();
  return new TextDecoder().decode(stdout).includes(DEBIAN_12);
}

/** Compares the bytes in git with those that this machine compiles. */
async function compareStubs(): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-stub-" });
  try {
    await buildStubs(folder);
    for (const { name } of processors) {
      assert.deepEqual(
        await Deno.readFile(`${folder}/${name}.bin`),
        await Deno.readFile(new URL(`${name}.bin`, stubs)),
        `run packaging/stub/build.ts: ${name}.bin`,
      );
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

// Another compiler makes other bytes: there is nothing to compare.
if (
  await isDebian12(compiler.command) && await isDebian12(crossCompiler.command)
) {
  Deno.test(`stub: GCC ${DEBIAN_12} makes the bytes in git`, compareStubs);
}

Deno.test("stub: files that are no executable of 64 bits get no segment", () => {
  const fill = () => new Uint8Array(1);
  for (
    const bytes of [
      new Uint8Array(100),
      new TextEncoder().encode("#!/bin/sh".repeat(9)),
    ]
  ) {
    assert.throws(() => addSegment(bytes, fill), /no 64-bit little-endian ELF/);
  }
});
