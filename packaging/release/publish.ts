/**
 * Publishes a folder of finished files as the release of its tag:
 *
 *     deno run -A packaging/release/publish.ts FOLDER [--dry-run]
 *
 * Files go to the release, the images where IMAGE_REPOSITORY names a place, and
 * npm's package where NODE_AUTH_TOKEN is set.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { VERSION } from "../../src/config/mod.ts";

/** Where to publish beside the release itself. */
export interface Places {
  /** Repository of the images, without a tag. */
  readonly images?: string;
  /** Whether to publish to npm. */
  readonly npm: boolean;
}

/** Returns the commands that publish the files `names` in `folder`. */
export function publishCommands(
  folder: string,
  names: readonly string[],
  { images, npm }: Places,
): string[][] {
  const paths = names.map((name) => join(folder, name));
  const notes = ["--notes-file", join(folder, "NOTES.md")];
  const title = ["--title", `Dunlin ${VERSION}`];
  const verify = ["--verify-tag", ...title, ...notes];
  const commands = [["gh", "release", "create", `v${VERSION}`, ...verify]];
  commands[0].push(...paths.filter((path) => !path.endsWith("NOTES.md")));
  if (images !== undefined) {
    const tags: string[] = [];
    for (const path of paths) {
      const [, architecture] = /-image-(\w+)\.tar$/.exec(path) ?? [];
      if (architecture === undefined) continue;
      const tag = `${images}:${VERSION}-${architecture}`;
      tags.push(tag);
      commands.push([
        "skopeo",
        "copy",
        `oci-archive:${path}`,
        `docker://${tag}`,
      ]);
    }
    const create = ["docker", "buildx", "imagetools", "create"];
    commands.push([...create, "--tag", `${images}:${VERSION}`, ...tags]);
  }
  const [archive] = paths.filter((path) => path.endsWith(".tgz"));
  if (npm && archive !== undefined) {
    commands.push(["npm", "publish", archive, "--provenance"]);
  }
  return commands;
}

async function main(): Promise<number> {
  const { values, positionals: [folder] } = parseArgs({
    options: { "dry-run": { type: "boolean" } },
    allowPositionals: true,
  });
  if (folder === undefined) throw new Error("name the folder of the files");
  const names: string[] = [];
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (isFile) names.push(name);
  }
  const commands = publishCommands(folder, names.sort(), {
    images: Deno.env.get("IMAGE_REPOSITORY") || undefined,
    npm: Boolean(Deno.env.get("NODE_AUTH_TOKEN")),
  });
  // npm reads no NODE_AUTH_TOKEN by itself, and prints no variable.
  const token = Deno.env.get("NODE_AUTH_TOKEN") ?? "";
  const env = { "npm_config_//registry.npmjs.org/:_authToken": token };
  for (const [program, ...args] of commands) {
    console.log([program, ...args].join(" "));
    if (values["dry-run"]) continue;
    const { code } = await new Deno.Command(program, { args, env }).spawn()
      .status;
    if (code !== 0) return code;
  }
  return 0;
}

if (import.meta.main) Deno.exit(await main());
