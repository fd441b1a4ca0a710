import assert from "node:assert/strict";
import { writeArchive } from "../../packaging/archive.ts";
import { compile } from "../../packaging/compile.ts";
import { targetOf } from "../../packaging/targets.ts";
import { build } from "../../tools/build.ts";
import {
  ip,
  mosquittoClients,
  opensslProgram,
  setcap,
  testWith,
} from "../e2e/programs.ts";
import { until } from "../support/wait.ts";
import { LoneBroker, OTHER_USER, type Place, runAlone } from "./place.ts";

// Not below /tmp, which the program sees empty.
const top = await Deno.makeTempDir({ dir: "/var/tmp", prefix: "dunlin-" });
await Deno.chmod(top, 0o755);
globalThis.addEventListener("unload", () => {
  Deno.removeSync(top, { recursive: true });
});

const bundle = `${top}/bundle`;
const record = await build(bundle);

/** A form in which Dunlin is shipped, as it is run here. */
interface Kind {
  readonly name: string;
  /** Its program. */
  readonly path: string;
}

/** The executable that was named, or one that is made of the sources. */
async function executable(): Promise<Kind> {
  await Deno.mkdir(`${top}/alone`);
  const path = `${top}/alone/dunlin`;
  const named = Deno.env.get("DUNLIN_EXECUTABLE");
  if (named !== undefined) await Deno.copyFile(named, path);
  else await Deno.rename((await compile(targetOf(), bundle, top)).path, path);
  await Deno.chmod(path, 0o755);
  return { name: "executable", path };
}

/** The archive, with the runtime of this machine. */
async function archive(): Promise<Kind> {
  const path = `${top}/dunlin.tar.gz`;
  const files = new Map<string, Uint8Array>();
  for await (const { name } of Deno.readDir(bundle)) {
    files.set(name, await Deno.readFile(`${bundle}/${name}`));
  }
  await writeArchive(path, "dunlin", Deno.execPath(), files);
  const { success } = await new Deno.Command("tar", {
    args: ["-xzf", path, "-C", top],
  }).output();
  assert.ok(success);
  return { name: "archive", path: `${top}/dunlin/dunlin` };
}

const file = await executable();
const kinds = [file, await archive()];

/** Makes a folder that the other user may write, for the time of `body`. */
async function withFolder(
  body: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ dir: top });
  try {
    await Deno.chown(folder, OTHER_USER, OTHER_USER);
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A test that is run as root, in the folder of another user. */
function test(name: string, body: (folder: string) => Promise<void>): void {
  testWith([ip, mosquittoClients, opensslProgram, setcap], name, () => {
    assert.equal(
      Deno.uid(),
      0,
      "only root can give a program a place of its own",
    );
    return withFolder(body);
  });
}

/** A place with a cache, so that not every start is the first one. */
const withCache = (folder: string): Place => ({
  env: { DUNLIN_CACHE: `${folder}/cache` },
});

const MEMORY = ["--port", "0", "--set", "storage.mode=memory"];

/** Returns the folders of builds in a cache. */
async function buildsIn(cache: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(cache)) names.push(name);
  return names.sort();
}

for (const { name, path } of kinds) {
  test(`${name}: alone it says what it is, and whether a command line is wrong`, async () => {
    const version = await runAlone([path, "--version", "--verbose"]);
    assert.equal(version.code, 0, version.stderr);
    assert.equal(version.stderr, "");
    const kind = name === "archive" ? "bundle" : name;
    assert.match(
      version.stdout,
      new RegExp(`^dunlin ${record.version}\n(.*\n){2}kind     ${kind}\n$`),
    );
    const wrong = await runAlone([path, "--no-such-option"]);
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /unknown option '--no-such-option'/);
  });

  test(`${name}: alone it serves, reloads, and ends at SIGTERM and SIGINT`, async (folder) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      await using broker = await LoneBroker.start(
        [path, ...MEMORY],
        folder,
        withCache(folder),
      );
      const to = ["-h", "127.0.0.1", "-p", String(broker.ports[0])];
      const topic = ["-t", "a", "-q", "2"];
      await broker.client(
        "mosquitto_pub",
        ...to,
        ...topic,
        "-r",
        "-m",
        "hello",
      );
      assert.equal(
        await broker.client("mosquitto_sub", ...to, ...topic, "-C", "1"),
        "hello\n",
      );
      broker.program.signal("SIGHUP");
      await until("the reload", () => broker.program.log.includes("reload"));
      const { code, stderr } = await broker.stop(signal);
      assert.equal(code, 0, stderr);
    }
  });

  test(`${name}: alone it has passwords, TLS, and a durable store`, async (folder) => {
    const place = withCache(folder);
    await Deno.writeTextFile(
      `${folder}/dunlin.toml`,
      `[[listener]]
type = "tls"
port = 0
[[auth]]
type = "password-file"
file = "passwd"
[storage]
mode = "durable"
path = "store.kv"
[authority]
path = "authority"
`,
    );
    await Deno.writeTextFile(`${folder}/password`, "a password\n");
    const add = ["passwd", "add", `${folder}/passwd`, "ann"];
    const added = await runAlone(
      ["/bin/sh", "-c", `"$0" "$@" --stdin < ${folder}/password`, path, ...add],
      place,
    );
    assert.equal(added.code, 0, added.stderr);
    const serve = [path, "--config", `${folder}/dunlin.toml`];
    const ca = `${folder}/authority/ca.crt`;
    const clientArgs = (port: number) => [
      ...["-h", "127.0.0.1", "-p", String(port), "--cafile", ca, "--insecure"],
      ...["-u", "ann", "-P", "a password", "-t", "a", "-q", "1"],
    ];
    {
      await using broker = await LoneBroker.start(serve, folder, place);
      const to = clientArgs(broker.ports[0]);
      await broker.client("mosquitto_pub", ...to, "-r", "-m", "kept");
      await broker.stop("SIGKILL");
    }
    await using again = await LoneBroker.start(serve, folder, place);
    const from = clientArgs(again.ports[0]);
    assert.equal(
      await again.client("mosquitto_sub", ...from, "-C", "1"),
      "kept\n",
    );
    assert.equal((await again.stop()).code, 0);
    const store = await runAlone(
      [path, "store", "info", "--config", `${folder}/dunlin.toml`],
      place,
    );
    assert.equal(store.code, 0, store.stderr);
    assert.match(store.stdout, /retained +1 /);
  });

  test(`${name}: alone it has each command`, async (folder) => {
    await Deno.writeTextFile(`${folder}/mosquitto.conf`, "listener 1884\n");
    const authority = ["--authority", `${folder}/authority`];
    const commands = [
      ["check"],
      ["ca", "create", ...authority],
      ["cert", "issue", "a", "--out", `${folder}/a`, ...authority],
      ["cert", "list", ...authority],
      ["import", `${folder}/mosquitto.conf`, "--out", `${folder}/made.toml`],
      ["explain", "--client", "a", "--topic", "b"],
      ["store", "--help"],
      ["passwd", "--help"],
      ["serve", "--help"],
    ];
    for (const command of commands) {
      const { code, stderr } = await runAlone(
        [path, ...command],
        withCache(folder),
      );
      // 3: what Mosquitto's settings say is done in another way.
      const isFine = code === 0 || command[0] === "import" && code === 3;
      assert.ok(isFine, `${command.join(" ")}: ${code}\n${stderr}`);
    }
  });
}

test("executable: a first start needs one folder that can be written, and says so", async (folder) => {
  const none: Place = { mounts: { "/tmp": "ro" }, writable: [] };
  const { code, stderr } = await runAlone([file.path, "--version"], none);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^dunlin: no folder to unpack the program to; set DUNLIN_CACHE/,
  );
  // Filled beforehand, the cache needs no writing; nor does the program.
  const env = { DUNLIN_CACHE: `${folder}/cache` };
  assert.equal((await runAlone([file.path, "--version"], { env })).code, 0);
  const data = `${folder}/data`;
  await Deno.mkdir(data);
  await Deno.chown(data, OTHER_USER, OTHER_USER);
  const place = { env, mounts: { "/tmp": "ro" }, writable: [data] };
  await using broker = await LoneBroker.start(
    [file.path, ...MEMORY],
    data,
    place,
  );
  assert.equal((await broker.stop()).code, 0);
});

test("executable: a home without the right to execute files will do", async (folder) => {
  const home = `${folder}/home`;
  await Deno.mkdir(home);
  const mounts = { [home]: `noexec,uid=${OTHER_USER}`, "/tmp": "ro" };
  const { code, stdout } = await runAlone([file.path, "--version"], {
    ...{ env: { HOME: home }, mounts },
  });
  assert.deepEqual([code, stdout], [0, `dunlin ${record.version}\n`]);
});

test("executable: six first starts at once unpack one program", async (folder) => {
  const env = { DUNLIN_CACHE: folder };
  const endings = await Promise.all(
    Array.from(
      { length: 6 },
      () => runAlone([file.path, "--version"], { env }),
    ),
  );
  for (const { code, stdout, stderr } of endings) {
    assert.deepEqual([code, stdout, stderr], [
      0,
      `dunlin ${record.version}\n`,
      "",
    ]);
  }
  const [build, ...others] = await buildsIn(folder);
  assert.deepEqual(others, []);
  const left = (await buildsIn(`${folder}/${build}`))
    .filter((name) => name.startsWith("new-"));
  assert.deepEqual(left, []);
});

test("executable: a torn cache is mended", async (folder) => {
  const env = { DUNLIN_CACHE: folder };
  const says = async () => {
    const { code, stdout, stderr } = await runAlone(
      [file.path, "--version"],
      { env },
    );
    assert.deepEqual([code, stdout], [0, `dunlin ${record.version}\n`], stderr);
  };
  await says();
  const [build] = await buildsIn(folder);
  const main = `${folder}/${build}/app/main.js`;
  const whole = await Deno.readTextFile(main);
  const compared = `${folder}/${build}/compared`;
  for (const torn of ["", "\0".repeat(whole.length), whole.slice(1)]) {
    await Deno.writeTextFile(main, torn);
    // As after the fall of the machine: another run of it compared them.
    await Deno.writeTextFile(compared, "another boot");
    await says();
    assert.equal(await Deno.readTextFile(main), whole);
  }
  await Deno.remove(main);
  await says();
  assert.equal(await Deno.readTextFile(main), whole);
});

/** Changes one bit of the packed program; a second call puts it back. */
async function flipBit(): Promise<void> {
  using bytes = await Deno.open(file.path, { read: true, write: true });
  const at = await bytes.seek(-1000, Deno.SeekMode.End);
  const byte = new Uint8Array(1);
  await bytes.read(byte);
  byte[0] ^= 1;
  await bytes.seek(at, Deno.SeekMode.Start);
  await bytes.write(byte);
}

test("executable: a damaged file says so", async () => {
  await flipBit();
  try {
    const { code, stderr } = await runAlone([file.path, "--version"]);
    assert.equal(code, 1);
    assert.match(stderr, /is damaged; download it again/);
  } finally {
    await flipBit();
  }
});

test("executable: a first start removes the caches of builds that do not run", async (folder) => {
  const names = ["dunlin-0000000000000001", "dunlin-0000000000000002", "mine"];
  for (const name of names) {
    await Deno.mkdir(`${folder}/${name}/app`, { recursive: true });
    await Deno.writeTextFile(`${folder}/${name}/app/main.js`, "");
  }
  for await (const { name } of Deno.readDir(folder)) {
    await new Deno.Command("chown", {
      args: ["-R", `${OTHER_USER}`, `${folder}/${name}`],
    }).output();
  }
  // As a broker of that build holds it.
  using running = await Deno.open(`${folder}/${names[0]}/app/main.js`);
  await running.lock(false);
  const env = { DUNLIN_CACHE: folder };
  assert.equal((await runAlone([file.path, "--version"], { env })).code, 0);
  const left = await buildsIn(folder);
  assert.equal(left.length, 3);
  assert.ok(left.includes(names[0]) && left.includes("mine"), left.join());
});

test("executable: a cache whose remains cannot be removed or listed will do", async (folder) => {
  const env = { DUNLIN_CACHE: folder };
  const says = async () => {
    const { code, stderr } = await runAlone([file.path, "--version"], { env });
    assert.deepEqual([code, stderr], [0, ""]);
  };
  await Deno.chmod(folder, 0o333);
  await says();
  const [build] = await buildsIn(folder);
  await Deno.remove(`${folder}/${build}/app`, { recursive: true });
  // As another start's, which has gone when its age is asked for.
  await Deno.symlink("gone", `${folder}/${build}/new-remains`);
  await says();
});

test("executable: a broker that runs keeps its cache from being removed", async (folder) => {
  const place = withCache(folder);
  await using broker = await LoneBroker.start(
    [file.path, ...MEMORY],
    folder,
    place,
  );
  const [build] = await buildsIn(`${folder}/cache`);
  const main = `${folder}/cache/${build}/app/main.js`;
  using program = await Deno.open(main);
  assert.equal(await program.tryLock(true), false);
  await broker.stop();
  assert.equal(await program.tryLock(true), true);
});

test("executable: what other users may have put into a cache is not run", async (folder) => {
  // Root does not trust another user's cache, nor a link in /tmp.
  const env = { HOME: folder, TMPDIR: folder };
  await Deno.mkdir(`${folder}/.cache/dunlin`, { recursive: true });
  await Deno.chown(`${folder}/.cache/dunlin`, OTHER_USER, OTHER_USER);
  const own = await Deno.makeTempDir({ dir: top });
  await Deno.symlink(own, `${folder}/dunlin-0`);
  const place = { env, user: 0, mounts: { "/var/cache": "ro" } };
  const refused = await runAlone([file.path, "--version"], place);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /no folder to unpack the program to/);
  await Deno.remove(`${folder}/dunlin-0`);
  assert.equal((await runAlone([file.path, "--version"], place)).code, 0);
  assert.deepEqual(await buildsIn(`${folder}/.cache/dunlin`), []);
});

async function setCapability(...args: readonly string[]): Promise<void> {
  const { success } = await new Deno.Command(setcap.command!, {
    args: [...args, file.path],
  }).output();
  assert.ok(success);
}

test("executable: with a capability another user may have port 883", async (folder) => {
  const serve = [file.path, "--port", "883", "--set", "storage.mode=memory"];
  const place = withCache(folder);
  const { code, stderr } = await runAlone(serve, place);
  assert.equal(code, 1);
  assert.match(stderr, /CAP_NET_BIND_SERVICE/);
  await setCapability("cap_net_bind_service=+ep");
  try {
    await using broker = await LoneBroker.start(serve, folder, place);
    assert.deepEqual(broker.ports, [883]);
  } finally {
    await setCapability("-r");
  }
});

test("executable: ps shows the command line that the user typed", async (folder) => {
  await using broker = await LoneBroker.start([file.path, ...MEMORY], folder);
  const line = await Deno.readTextFile(`/proc/${broker.program.pid}/cmdline`);
  const [program, ...args] = line.split("\0");
  assert.equal(program, file.path);
  assert.deepEqual(args.slice(0, MEMORY.length), MEMORY);
  const name = await Deno.readTextFile(`/proc/${broker.program.pid}/comm`);
  assert.equal(name, "dunlin\n");
});
