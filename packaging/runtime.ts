import { join } from "node:path";
import { output, root } from "../tools/build.ts";
import type { Target } from "./targets.ts";

/**
 * Resolves to the path of Deno's plain runtime for `target`, of the version that
 * runs this. That of this machine is the running one; another comes from npm,
 * once, into `dist/runtimes/`.
 */
export async function runtimeFor(target: Target): Promise<string> {
  if (target.triple === Deno.build.target) return Deno.execPath();
  const version = Deno.version.deno;
  const program = target.system === "windows" ? "deno.exe" : "deno";
  const folder = join(root, "dist/runtimes", `${version}-${target.name}`);
  const path = join(folder, program);
  if (await Deno.stat(path).then(() => true, () => false)) return path;
  await Deno.mkdir(join(root, "dist/runtimes"), { recursive: true });
  const fresh = await Deno.makeTempDir({ dir: join(root, "dist/runtimes") });
  try {
    const name = `@deno/${target.package}@${version}`;
    const packed = await output("npm", ["pack", "--silent", name], fresh);
    const member = `package/${program}`;
    const archive = packed.trim();
    const args = ["-xzf", archive, "--strip-components=1", member];
    await output("tar", args, fresh);
    await Deno.remove(join(fresh, archive));
    await Deno.rename(fresh, folder);
  } catch (error) {
    await Deno.remove(fresh, { recursive: true });
    throw error;
  }
  return path;
}
