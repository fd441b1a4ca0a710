/**
 * Makes the npm package of Dunlin (`deno task npm:cli`): the bundle, and a
 * launcher that runs it by npm's package `deno`. `npx dunlin` and
 * `npm install -g dunlin` then start the broker.
 */
import { join } from "node:path";
import config from "../../deno.json" with { type: "json" };
import { build, output, root } from "../../tools/build.ts";
import { RUN_FLAGS } from "../../src/cli/service/run_flags.ts";

const README = `# Dunlin

An MQTT broker in one program: MQTT 3.1, 3.1.1 and 5.0 over TCP, TLS and
WebSocket.

    npx dunlin

starts it on 127.0.0.1, port 1883. It runs on Deno, which npm installs with it,
on 64-bit Linux with glibc, macOS and Windows. The program may use network,
files and variables, and may not start other programs.
`;

/**
 * Returns the content of `package.json`. npm accepts a package with provenance
 * only if it names its `repository` at GitHub, as `owner/name`.
 */
export function packageOf(
  version: string,
  repository = Deno.env.get("GITHUB_REPOSITORY"),
): Readonly<Record<string, unknown>> {
  const url = `git+https://github.com/${repository}.git`;
  return {
    name: "dunlin",
    version,
    description: "An MQTT 3.1, 3.1.1 and 5.0 broker in one program",
    keywords: ["mqtt", "broker", "mqtt5", "iot"],
    license: config.license,
    ...(repository ? { repository: { type: "git", url } } : {}),
    // The runtime takes files below node_modules for CommonJS without it.
    type: "module",
    bin: { dunlin: "launcher.cjs" },
    files: ["app", "launcher.cjs"],
    engines: { node: ">=18" },
    os: ["linux", "darwin", "win32"],
    cpu: ["x64", "arm64"],
    dependencies: { deno: Deno.version.deno },
    denoFlags: RUN_FLAGS,
  };
}

/**
 * Makes the package of the bundle in `bundle`, in the folder `out`. Returns its
 * path. Needs npm.
 */
export async function packForNpm(
  bundle: string,
  version: string,
  out: string,
): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-npm-" });
  try {
    await Deno.mkdir(join(folder, "app"));
    for await (const { name } of Deno.readDir(bundle)) {
      await Deno.copyFile(join(bundle, name), join(folder, "app", name));
    }
    const text = JSON.stringify(packageOf(version), null, 2);
    await Deno.writeTextFile(join(folder, "package.json"), `${text}\n`);
    await Deno.writeTextFile(join(folder, "README.md"), README);
    await Deno.copyFile(join(root, "LICENSE"), join(folder, "LICENSE"));
    const launcher = join(root, "packaging/npm/launcher.cjs");
    await Deno.copyFile(launcher, join(folder, "launcher.cjs"));
    await Deno.chmod(join(folder, "launcher.cjs"), 0o755);
    await Deno.mkdir(out, { recursive: true });
    const args = ["pack", "--silent", "--pack-destination", out];
    return join(out, (await output("npm", args, folder)).trim());
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) {
  const bundle = join(root, "dist/bundle");
  const { version, commit } = await build(bundle);
  const path = await packForNpm(bundle, version, join(root, "dist"));
  const size = ((await Deno.stat(path)).size / 2 ** 20).toFixed(1);
  console.log(
    `${path.slice(root.length)}: dunlin ${version}, commit ${commit}, ` +
      `for Deno ${Deno.version.deno}, ${size} MiB`,
  );
}
