import assert from "node:assert/strict";
import { compile } from "../../packaging/compile.ts";
import { imageOf, USER } from "../../packaging/container/build.ts";
import { imageArchive } from "../../packaging/container/oci.ts";
import { packForNpm } from "../../packaging/npm/build.ts";
import { finish, SUMS } from "../../packaging/release/finish.ts";
import { smoke } from "../../packaging/release/smoke.ts";
import { targetOf } from "../../packaging/targets.ts";
import { VERSION } from "../../src/config/mod.ts";
import { build, output } from "../../tools/build.ts";
import { ip, mosquittoClients, testWith } from "../e2e/programs.ts";
import { appears, Program } from "../support/process.ts";

// The container sees an empty /tmp.
const top = await Deno.makeTempDir({ dir: "/var/tmp", prefix: "dunlin-" });
await Deno.chmod(top, 0o755);
globalThis.addEventListener("unload", () => {
  Deno.removeSync(top, { recursive: true });
});

const bundle = `${top}/bundle`;
await build(bundle);
const { path: executable } = await compile(targetOf(), bundle, top);

/** Runs a program to its end, whatever its exit code. */
async function run(
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const [program, ...args] = command;
  const child = new Deno.Command(program, {
    args,
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  return await new Program(child).ended;
}

Deno.test("npm: the package in an empty folder starts the broker, passes signals and exit codes on", async () => {
  const path = await packForNpm(bundle, VERSION, top);
  const folder = `${top}/empty`;
  await Deno.mkdir(folder);
  await output("npm", ["install", "--silent", "--prefix", folder, path], top);
  const dunlin = `${folder}/node_modules/.bin/dunlin`;
  const version = await run([dunlin, "--version"]);
  assert.deepEqual(version, {
    ...{ code: 0, stdout: `dunlin ${VERSION}\n`, stderr: "" },
  });
  const wrong = await run([dunlin, "--no-such-option"]);
  assert.equal(wrong.code, 2);
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const ready = `${top}/${signal}.json`;
    const program = new Program(
      new Deno.Command(dunlin, {
        args: ["--port", "0", "--ready-file", ready],
        env: { DUNLIN_STORAGE__MODE: "memory", DUNLIN_CACHE: `${top}/cache` },
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn(),
    );
    assert.ok(await appears(ready, program.ended), program.log);
    const { pid } = JSON.parse(await Deno.readTextFile(ready));
    assert.notEqual(pid, program.pid);
    // The launcher is Node, the broker is Deno: no permission to run programs.
    const line = await Deno.readTextFile(`/proc/${pid}/cmdline`);
    assert.match(line, /--allow-net\0/);
    assert.doesNotMatch(line, /--allow-(all|run|ffi|import)|-A\0/);
    program.signal(signal);
    const { code, stderr } = await program.ended;
    assert.equal(code, 0, stderr);
  }
});

Deno.test("smoke: passes for the executable of this machine, and not for another program", async () => {
  await smoke(executable);
  await assert.rejects(smoke(Deno.execPath()), /expected dunlin/);
});

Deno.test("finish: sums, notes and a bill of materials beside the files", async () => {
  const folder = `${top}/release`;
  await Deno.mkdir(folder);
  await Deno.writeTextFile(`${folder}/dunlin-a`, "a");
  await Deno.writeTextFile(`${folder}/dunlin-b`, "b");
  const sbom = `dunlin-${VERSION}.cdx.json`;
  const names = ["NOTES.md", SUMS, "dunlin-a", "dunlin-b", sbom].sort();
  assert.deepEqual(await finish(folder), names);
  await output("sha256sum", ["--strict", "-c", SUMS], folder);
  const { components } = JSON.parse(
    await Deno.readTextFile(`${folder}/${sbom}`),
  );
  const found = components.map(({ name }: { name: string }) => name);
  for (const name of ["deno", "zod", "smol-toml", "x509", "tslib"]) {
    assert.ok(found.includes(name), name);
  }
  for (const name of ["mqtt", "ws", "yaml", "fast-check"]) {
    assert.ok(!found.includes(name), name);
  }
});

/** An image, unpacked. */
interface Unpacked {
  readonly root: string;
  readonly config: {
    readonly User: string;
    readonly Entrypoint: readonly string[];
    readonly Env: readonly string[];
    readonly StopSignal: Deno.Signal;
    readonly Volumes: Readonly<Record<string, unknown>>;
    readonly Healthcheck: { readonly Test: readonly string[] };
  };
}

/** Unpacks an image archive by its index, and verifies each digest. */
async function unpack(archive: Uint8Array): Promise<Unpacked> {
  const layout = `${top}/layout`;
  const root = `${top}/root`;
  for (const folder of [layout, root]) await Deno.mkdir(folder);
  await Deno.writeFile(`${layout}.tar`, archive);
  await output("tar", ["-xf", `${layout}.tar`, "-C", layout], top);
  const blob = async ({ digest }: { digest: string }) => {
    const path = `${layout}/blobs/${digest.replace(":", "/")}`;
    const [sum] = (await output("sha256sum", [path], top)).split(" ");
    assert.equal(`sha256:${sum}`, digest);
    return path;
  };
  const json = async (path: string) =>
    JSON.parse(await Deno.readTextFile(path));
  const index = await json(`${layout}/index.json`);
  const manifest = await json(await blob(index.manifests[0]));
  const { config, rootfs } = await json(await blob(manifest.config));
  assert.equal(rootfs.diff_ids.length, manifest.layers.length);
  for (const layer of manifest.layers) {
    const tar = await blob(layer);
    await output("tar", ["-xzpf", tar, "-C", root], top);
  }
  const [docker] = await json(`${layout}/manifest.json`);
  assert.deepEqual(docker.RepoTags, [`dunlin:${VERSION}`]);
  assert.equal(docker.Layers.length, manifest.layers.length);
  return { root, config };
}

/** Starts the image as its settings say: process 1, on a read-only root. */
function startContainer({ root, config }: Unpacked, state: string): Program {
  const [volume] = Object.keys(config.Volumes);
  const steps = `set -e
root=$1; state=$2; shift 2
${ip.command} link set lo up
mount --bind "$root" "$root"
mount -t proc none "$root/proc"
mount -t tmpfs -o mode=1777 none "$root/tmp"
mount --bind "$state" "$root${volume}"
mount -o remount,bind,ro "$root"
exec env -i ${config.Env.join(" ")} /usr/sbin/chroot \\
  --userspec=${config.User.replaceAll(/(\d+)/g, "+$1")} "$root" "$@"
`;
  const args = ["--mount", "--net", "--pid", "--fork", "--kill-child"];
  const ready = `${Object.keys(config.Volumes)[0]}/ready.json`;
  return new Program(
    new Deno.Command("unshare", {
      args: [
        ...[...args, "sh", "-c", steps, "sh", root, state],
        ...[...config.Entrypoint, "--ready-file", ready],
      ],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn(),
  );
}

testWith(
  [ip, mosquittoClients],
  "image: as process 1 and user 1883 on a read-only root it serves, is healthy, and ends",
  async () => {
    const architecture = Deno.build.arch === "x86_64" ? "amd64" : "arm64";
    const image = await imageOf(executable, architecture, VERSION);
    const archive = imageArchive(image);
    assert.ok(archive.length < 60e6, `${archive.length} bytes`);
    const unpacked = await unpack(archive);
    const { config } = unpacked;
    assert.equal(config.User, `${USER}:${USER}`);
    const state = `${top}/state`;
    await Deno.mkdir(state, { mode: 0o700 });
    await Deno.chown(state, USER, USER);
    const program = startContainer(unpacked, state);
    let pid = "";
    try {
      assert.ok(
        await appears(`${state}/ready.json`, program.ended),
        program.log,
      );
      const ready = JSON.parse(await Deno.readTextFile(`${state}/ready.json`));
      assert.equal(ready.pid, 1);
      const task = `/proc/${program.pid}/task/${program.pid}/children`;
      pid = (await Deno.readTextFile(task)).trim();
      const status = await Deno.readTextFile(`/proc/${pid}/status`);
      assert.match(status, new RegExp(`^Uid:\t${USER}\t${USER}\t`, "m"));
      const to = ["-t", pid, "--net"];
      const client = ["-p", "1883", "-t", "a", "-q", "1"];
      const message = [...client, "-r", "-m", "hello"];
      await output("nsenter", [...to, "mosquitto_pub", ...message], top);
      assert.equal(
        await output(
          "nsenter",
          [...to, "mosquitto_sub", ...client, "-C", "1"],
          top,
        ),
        "hello\n",
      );
      const [, ...check] = config.Healthcheck.Test;
      const inside = ["-t", pid, "--net", "--mount", "--pid", "--root", "--wd"];
      const as = ["-S", String(USER), "-G", String(USER)];
      const env = ["env", "-i", ...config.Env, "nsenter", ...inside, ...as];
      const healthy = await run([...env, ...check]);
      assert.deepEqual(healthy, { code: 0, stdout: "healthy\n", stderr: "" });
    } finally {
      if (pid === "") program.signal("SIGKILL");
      else Deno.kill(Number(pid), config.StopSignal);
    }
    const { code, stderr } = await program.ended;
    assert.equal(code, 0, stderr);
  },
);
