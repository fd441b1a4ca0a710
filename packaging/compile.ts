/**
 * Makes the files that people download and run (`deno task compile`), one for
 * each target: `dist/dunlin-<system>-<processor>`. `packaging/README.md` says how
 * each kind is made.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build, root } from "../tools/build.ts";
import type { BuildRecord } from "../tools/bundle.ts";
import { writeArchive } from "./archive.ts";
import { compileWithDeno, findBase } from "./deno_compile.ts";
import { makeExecutable } from "./executable.ts";
import { RUN_FLAGS } from "../src/cli/service/run_flags.ts";
import { runtimeFor } from "./runtime.ts";
import { type Target, targetOf } from "./targets.ts";

/** A file that was made. */
export interface Compiled {
  readonly path: string;
  /** Its kind, in words. */
  readonly kind: string;
}

/** Makes the file for `target` of the bundle in `bundle`, in the folder `out`. */
export async function compile(
  target: Target,
  bundle: string,
  out: string,
): Promise<Compiled> {
  await Deno.mkdir(out, { recursive: true });
  const path = join(out, `dunlin-${target.name}`);
  const base = await findBase(target);
  if (base !== null) return await byDeno(target, base, bundle, path);
  const runtime = await runtimeFor(target);
  if (target.system === "linux") {
    const bytes = makeExecutable({
      runtime: await Deno.readFile(runtime),
      stub: await Deno.readFile(part(`stub/${target.name}.bin`)),
      files: await filesOf(bundle, "executable"),
      bootstrap: await Deno.readTextFile(part("bootstrap.js")),
      args: RUN_FLAGS,
    });
    const fresh = `${path}.new`;
    await Deno.writeFile(fresh, bytes, { mode: 0o755 });
    // A file that runs cannot be written; its name can be given to another.
    await Deno.rename(fresh, path);
    return { path, kind: "executable: Deno's plain runtime and an entry stub" };
  }
  const suffix = target.system === "windows" ? ".zip" : ".tar.gz";
  const name = `dunlin-${target.name}`;
  const files = await filesOf(bundle, "bundle");
  await writeArchive(path + suffix, name, runtime, files);
  return { path: path + suffix, kind: "archive: runtime, bundle, launcher" };
}

async function byDeno(
  target: Target,
  base: string,
  bundle: string,
  path: string,
): Promise<Compiled> {
  const copy = await Deno.makeTempDir({ prefix: "dunlin-compile-" });
  try {
    for (const [name, bytes] of await filesOf(bundle, "executable")) {
      await Deno.writeFile(join(copy, name), bytes);
    }
    const suffix = target.system === "windows" ? ".exe" : "";
    await compileWithDeno(target, copy, path + suffix);
    return {
      path: path + suffix,
      kind: `executable: deno compile, from ${base}`,
    };
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
}

/** Reads the bundle's files; its record says `kind`. */
async function filesOf(
  bundle: string,
  kind: BuildRecord["kind"],
): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for await (const { name } of Deno.readDir(bundle)) {
    files.set(name, await Deno.readFile(join(bundle, name)));
  }
  const record = JSON.parse(new TextDecoder().decode(files.get("build.json")));
  const text = JSON.stringify({ ...record, kind }) + "\n";
  return files.set("build.json", new TextEncoder().encode(text));
}

function part(path: string): URL {
  return new URL(path, import.meta.url);
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { target: { type: "string" } } });
  const target = targetOf(values.target);
  const bundle = join(root, "dist/bundle");
  const { version, commit } = await build(bundle);
  const { path, kind } = await compile(target, bundle, join(root, "dist"));
  const size = ((await Deno.stat(path)).size / 2 ** 20).toFixed(1);
  console.log(`${path.slice(root.length)}: ${kind}
  dunlin ${version}, commit ${commit}, Deno ${Deno.version.deno}, ${size} MiB`);
}
