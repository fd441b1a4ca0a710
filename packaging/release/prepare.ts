/**
 * Prepares a release (`deno task release X.Y.Z [--dry-run]`): writes the version
 * where it stands, gives the unreleased changes their heading, and keeps the
 * settings of this version for the tests of later ones. Prints the commands of
 * git that follow, and runs none of them.
 */
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { upgrade } from "../../src/cli/upgrade/upgrade.ts";
import { VERSION } from "../../src/config/mod.ts";
import { git, root } from "../../tools/build.ts";
import { notesOf, unreleasedIn, withVersion } from "./changelog.ts";

/** A file that a release changes or adds. */
export interface Edit {
  readonly path: string;
  readonly text: string;
}

/** What a release comes to. */
export interface Plan {
  readonly edits: readonly Edit[];
  readonly notes: string;
  /** Commands of a shell, to be run after the edits. */
  readonly commands: readonly string[];
}

/** Files in which the version stands behind the name. */
const NAMED = [
  "README.md",
  "docs/install.md",
  "packaging/container/compose.yaml",
  "packaging/container/kubernetes.yaml",
];

/** The release cannot be made; the message says why, and what to do. */
export class Unready extends Error {}

/**
 * Returns the plan for `version` of the project in the folder `root`, where
 * `tags` are there. `date` is today, as in 2026-01-31. Throws `Unready`.
 */
export async function planOf(
  version: string,
  root: string,
  tags: readonly string[],
  date: string,
): Promise<Plan> {
  const read = (path: string) => Deno.readTextFile(join(root, path));
  const changelog = await read("CHANGELOG.md");
  const config = await read("deno.json");
  const before = JSON.parse(config).version;
  check(version, before, tags, changelog);
  const named = await Promise.all(NAMED.map(async (path) => ({
    path,
    text: (await read(path)).replaceAll(
      new RegExp(`(dunlin[ :-])${before.replaceAll(".", "\\.")}\\b`, "gi"),
      `$1${version}`,
    ),
  })));
  const place = "src/config/model/version.ts";
  const from = `"${before}"`;
  const to = `"${version}"`;
  const released = withVersion(changelog, version, date);
  return {
    edits: [
      { path: "deno.json", text: config.replace(from, to) },
      { path: place, text: (await read(place)).replace(from, to) },
      { path: "CHANGELOG.md", text: released },
      ...named,
      ...await keptSettings(version, root),
    ],
    notes: notesOf(released, version),
    commands: [
      "git add -A",
      `git commit -m "Dunlin ${version}"`,
      `git tag -a v${version} -m "Dunlin ${version}"`,
      `git push origin HEAD v${version}`,
    ],
  };
}

/** The settings of this version, and what this version says of them. */
async function keptSettings(version: string, root: string): Promise<Edit[]> {
  const file = join(root, "config.example.toml");
  let said = "";
  const take = (text: string) => void (said += text);
  await upgrade({ check: file }, {}, { out: take, err: take });
  const expected = said.replaceAll(file, "d.toml")
    .replace(/^d\.toml: \S+ reads/, "d.toml: this version reads");
  const folder = `tests/cli/fixtures/versions/${version}`;
  return [
    { path: `${folder}/settings.toml`, text: await Deno.readTextFile(file) },
    { path: `${folder}/expected.txt`, text: expected },
  ];
}

function check(
  version: string,
  before: string,
  tags: readonly string[],
  changelog: string,
): void {
  if (!/^\d+\.\d+\.\d+$/.test(version)) {
    throw new Unready(`${version} is no version: write it as ${before}`);
  }
  if (tags.includes(`v${version}`)) {
    throw new Unready(`the tag v${version} exists: choose a later version`);
  }
  const numbers = (one: string) => one.split(".").map(Number);
  const [now, next] = [numbers(before), numbers(version)];
  const place = next.findIndex((one, index) => one !== now[index]);
  if (place >= 0 && next[place] < now[place]) {
    throw new Unready(`${version} is before the present version ${before}`);
  }
  if (unreleasedIn(changelog) === "") {
    throw new Unready('CHANGELOG.md has nothing under "## Unreleased"');
  }
}

async function main(): Promise<number> {
  const { values, positionals: [version] } = parseArgs({
    options: { "dry-run": { type: "boolean" } },
    allowPositionals: true,
  });
  if (version === undefined) {
    throw new Unready(`name the version; the present one is ${VERSION}`);
  }
  const isDry = values["dry-run"] === true;
  const tags = (await git("tag")).split("\n");
  const date = new Date().toISOString().slice(0, 10);
  const { edits, notes, commands } = await planOf(version, root, tags, date);
  if (!isDry && await git("status", "--porcelain") !== "") {
    throw new Unready("there are changes that are not committed: commit them");
  }
  for (const { path, text } of edits) {
    if (!isDry) {
      await Deno.mkdir(dirname(join(root, path)), { recursive: true });
      await Deno.writeTextFile(join(root, path), text);
    }
    console.log(`${isDry ? "would write" : "wrote"} ${path}`);
  }
  console.log(`\nRelease notes:\n\n${notes}\nThen run:\n`);
  for (const command of commands) console.log(`  ${command}`);
  return 0;
}

if (import.meta.main) {
  try {
    Deno.exit(await main());
  } catch (error) {
    if (!(error instanceof Unready)) throw error;
    console.error(`release: ${error.message}`);
    Deno.exit(1);
  }
}
