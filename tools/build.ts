/**
 * Makes the bundle in `dist/bundle/` (`deno task build`). The same sources and
 * packages give the same bytes on every machine.
 */
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { VERSION } from "../src/config/mod.ts";
import { type BuildRecord, type FileList, listOf } from "./bundle.ts";

/** The folder of the sources. */
export const root: string = fileURLToPath(new URL("..", import.meta.url));

/** The parts of the project that a bundle is made of. */
const PARTS = ["main.ts", "src", "deno.json", "deno.lock"];

/** Makes the bundle in the folder `out`, in place of what is there. */
export async function build(out: string): Promise<BuildRecord> {
  const sources = await list(PARTS);
  await Deno.mkdir(dirname(out), { recursive: true });
  const made = await Deno.makeTempDir({ dir: dirname(out), prefix: ".new-" });
  await bundle(Object.keys(sources), made);
  const record: BuildRecord = {
    version: VERSION,
    commit: await commit(),
    kind: "bundle",
  };
  await Deno.writeTextFile(`${made}/build.json`, JSON.stringify(record) + "\n");
  await Deno.chmod(made, 0o755);
  await Deno.remove(out, { recursive: true }).catch(() => {});
  await Deno.rename(made, out);
  // Without its chunks a bundle is no bundle: they are in its list, too.
  const files = { ...sources, ...await list([relative(root, out)]) };
  await Deno.writeTextFile(listOf(out), JSON.stringify(files) + "\n");
  return record;
}

/** Returns the files of `parts`, in the order of their paths. */
async function list(parts: readonly string[]): Promise<FileList> {
  const found: [string, readonly [number, number]][] = [];
  const look = async (path: string): Promise<void> => {
    const { isDirectory, size, mtime } = await Deno.stat(join(root, path));
    if (isDirectory) {
      for await (const { name } of Deno.readDir(join(root, path))) {
        await look(`${path}/${name}`);
      }
    } else if (!path.endsWith(".md")) {
      found.push([path, [size, mtime!.getTime()]]);
    }
  };
  for (const part of parts) await look(part);
  return Object.fromEntries(found.sort(([a], [b]) => a < b ? -1 : 1));
}

/** Bundles the program into the folder `out`. */
async function bundle(paths: readonly string[], out: string): Promise<void> {
  const options = ["--platform=deno", "--code-splitting", `--outdir=${out}`];
  const args = ["bundle", "--quiet", "--frozen", ...options, "main.ts"];
  await inSourceCopy(args, paths);
}

/**
 * Runs `deno` in a copy of the sources beside the packages; returns what it
 * prints. The names of chunks depend on the way from one to the other, which so
 * is the same everywhere.
 */
export async function inSourceCopy(
  args: readonly string[],
  paths?: readonly string[],
): Promise<string> {
  const copy = await Deno.makeTempDir({
    dir: await packageFolder(),
    prefix: "dunlin-build-",
  });
  try {
    for (const path of paths ?? Object.keys(await list(PARTS))) {
      await Deno.mkdir(dirname(join(copy, path)), { recursive: true });
      await Deno.copyFile(join(root, path), join(copy, path));
    }
    return await output(Deno.execPath(), args, copy);
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
}

/** Resolves to the folder of downloaded packages and runtimes. */
export async function packageFolder(): Promise<string> {
  const info = await output(Deno.execPath(), ["info", "--json"], root);
  return JSON.parse(info).denoDir;
}

/** Returns the commit of the sources; "unknown" outside of git. */
async function commit(): Promise<string> {
  try {
    const head = await git("rev-parse", "HEAD");
    const isChanged = await git("status", "--porcelain", "--", ...PARTS) !== "";
    return head.trim() + (isChanged ? "+changes" : "");
  } catch {
    return "unknown";
  }
}

/**
 * Runs git on the sources; returns what it prints. The sources may be another
 * user's, as in containers of continuous integration.
 */
export async function git(...args: readonly string[]): Promise<string> {
  const trust = `safe.directory=${resolve(root)}`;
  return await output("git", ["-c", trust, ...args], root);
}

/** Runs a program to its end; returns what it writes to standard output. */
export async function output(
  program: string,
  args: readonly string[],
  cwd: string,
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    cwd,
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  if (success) return text.decode(stdout);
  throw new Error(`${program} ${args.join(" ")}: ${text.decode(stderr)}`);
}

if (import.meta.main) {
  const out = join(root, "dist/bundle");
  const { version, commit } = await build(out);
  let bytes = 0;
  let files = 0;
  for await (const { name } of Deno.readDir(out)) {
    bytes += (await Deno.stat(join(out, name))).size;
    files++;
  }
  console.log(
    `dist/bundle: dunlin ${version}, commit ${commit}, ${files} files, ` +
      `${(bytes / 2 ** 20).toFixed(1)} MiB`,
  );
}
