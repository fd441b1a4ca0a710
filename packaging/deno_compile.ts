import { join } from "node:path";
import { output, packageFolder } from "../tools/build.ts";
import {
  PERMISSIONS,
  UNSTABLE,
  V8_FLAGS,
} from "../src/cli/service/run_flags.ts";
import type { Target } from "./targets.ts";

/**
 * Resolves to the base that `deno compile` uses for `target` without a download,
 * in words; null when it has none.
 */
export async function findBase(target: Target): Promise<string | null> {
  if (Deno.env.get("DENORT_BIN")) return "DENORT_BIN";
  const zip = `denort-${target.triple}.zip`;
  const folder = `dl/release/v${Deno.version.deno}`;
  const path = join(await packageFolder(), folder, zip);
  return await Deno.stat(path).then(() => zip, () => null);
}

/**
 * Makes the executable `path` of the bundle in `bundle` by `deno compile`. All
 * chunks are included: it would leave out those that are loaded lazily.
 */
export async function compileWithDeno(
  target: Target,
  bundle: string,
  path: string,
): Promise<void> {
  await output(Deno.execPath(), [
    ...["compile", "--quiet", "--no-config", "--no-lock", "--no-check"],
    ...["--target", target.triple, "--output", path, "--include", bundle],
    ...[...PERMISSIONS, ...UNSTABLE, V8_FLAGS, join(bundle, "main.js")],
  ], bundle);
  if (target.triple !== Deno.build.target) return;
  const said = await output(path, ["--version"], bundle);
  if (said.startsWith("dunlin ")) return;
  await Deno.remove(path);
  throw new Error(
    `DENORT_BIN names Deno's plain runtime, not denort: the file would be ` +
      `"${said.split("\n")[0]}"; unset it, or name denort`,
  );
}
