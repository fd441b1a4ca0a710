import { parse, TomlError } from "smol-toml";
import {
  absolutePath,
  folderOfFile,
  type PathBase,
  withAbsolutePaths,
} from "./absolute_paths.ts";
import type { PartialSettings } from "./complete.ts";
import type { ConfigFile, SettingsSources } from "./sources.ts";
import {
  applyOverride,
  type Override,
  overridesFromArguments,
  overridesFromEnvironment,
} from "./overrides.ts";
import { mosquittoLine } from "../text/mosquitto_line.ts";
import { Positions } from "../text/positions.ts";
import {
  describePath,
  type Path,
  type Place,
  type Problem,
} from "../text/problem.ts";
import { resolveReferences } from "./references.ts";
import { isNameWithoutSecret, isSecretSetting } from "./known_settings.ts";
import { checkTree, type Part } from "./schema.ts";

type Tree = Record<string, unknown>;

/** The settings that were read, and their places. */
export interface ReadTree {
  readonly given: PartialSettings;
  readonly place: (path: Path) => Place;
}

/**
 * Reads and checks the file, the environment and the `--set` arguments, which
 * override each other in this order. `problems` gets all mistakes.
 */
export async function readTree(
  sources: SettingsSources,
  problems: Problem[],
): Promise<ReadTree> {
  const environment = sources.environment ?? {};
  const file = sources.file;
  const tree = file === undefined ? {} : parseFile(file, problems);
  const positions = file === undefined || tree === undefined
    ? undefined
    : new Positions(file.text);
  const home = environment.HOME || environment.USERPROFILE;
  const fromFile: PathBase = {
    folder: file === undefined ? Deno.cwd() : folderOfFile(file.name),
    home,
  };
  // Without its text the file says nothing; the rest is still checked.
  const references = await resolveReferences(
    tree ?? {},
    isSecretSetting,
    {
      environment,
      absolute: (path) => absolutePath(path, fromFile),
      readTextFile: (path) => {
        sources.onSecretFile?.(path);
        return Deno.readTextFile(path);
      },
    },
    (path, message) => {
      const from = filePlace(file, positions, path, "value");
      problems.push({ ...from, path: describePath(path), message });
    },
  );
  const resolved = withAbsolutePaths(references, fromFile) as Tree;

  const applied: Override[] = [];
  const overrides = [
    ...overridesFromEnvironment(environment),
    ...overridesFromArguments(sources.sets ?? [], problems),
  ];
  // In a shell a path begins where the shell is.
  const fromShell = { folder: Deno.cwd(), home };
  for (const override of overrides) {
    const { source, path } = override;
    const value = withAbsolutePaths(override.value, fromShell, path);
    const message = applyOverride(resolved, { ...override, value });
    if (message === undefined) applied.push(override);
    else problems.push({ source, path: describePath(path), message });
  }

  const place = (path: Path, part: Part = "value"): Place => {
    const override = applied.findLast((one) => concerns(one.path, path));
    return override === undefined
      ? filePlace(file, positions, path, part)
      : { source: override.source };
  };
  const given = checkTree(resolved, ({ path, part, message }) => {
    const from = place(path, part);
    problems.push({ ...from, path: describePath(path), message });
  });
  return { given, place };
}

/**
 * Returns whether an override at `given` is where the value at `path` was said.
 */
function concerns(given: Path, path: Path): boolean {
  const length = Math.min(given.length, path.length);
  for (let index = 0; index < length; index++) {
    if (given[index] !== path[index]) return false;
  }
  return true;
}

function filePlace(
  file: ConfigFile | undefined,
  positions: Positions | undefined,
  path: Path,
  part: Part,
): Place {
  if (file === undefined || positions === undefined) {
    return { source: file?.name ?? "defaults" };
  }
  return { source: file.name, ...positions[part](path) };
}

const toImport = ({ name }: ConfigFile) =>
  "this is a configuration of Mosquitto, and Dunlin reads TOML; convert it: " +
  `dunlin import ${name} --out dunlin.toml`;

function parseFile(file: ConfigFile, problems: Problem[]): Tree | undefined {
  try {
    return parse(file.text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const line = mosquittoLine(file.text);
    if (line !== null) {
      const place = { source: file.name, line, column: 1 };
      problems.push({ ...place, path: "", message: toImport(file) });
      return undefined;
    }
    // The parser's message goes on with an excerpt, which the place replaces.
    const reason = error.message.split("\n")[0]
      .replace(/^Invalid TOML.*?: /, "")
      .replace(/^trying to redefine.*/, "given twice: remove one of the two");
    problems.push({
      source: file.name,
      line: error.line,
      column: error.column,
      path: "",
      message: `not valid TOML: ${reason}${hintFor(file.text, error)}`,
    });
    return undefined;
  }
}

/** A line whose value is text without quotes, with what stands after it. */
const UNQUOTED = /^([^="']*)=\s*([^\s"'[\]{},#][^"'[\]{}#]*?)\s*(?:#.*)?$/;

/**
 * Returns what is most often meant where the parser gave up; empty if nothing
 * is.
 */
function hintFor(
  text: string,
  { line, column }: { readonly line: number; readonly column: number },
): string {
  const whole = text.split(/\r?\n/)[line - 1] ?? "";
  const [, key, value] = UNQUOTED.exec(whole) ?? [];
  if (key !== undefined && column > key.length) {
    // It may be a secret, and what is said here goes to logs.
    const name = key.trim().split(".").at(-1)!;
    const example = isNameWithoutSecret(name) ? value : "text";
    return `; a string needs quotes, like "${example}"`;
  }
  if (/^\s*\[\[[^\]]*\]?\s*(#.*)?$/.test(whole)) {
    return "; a table of a list begins with a line like [[listener]]";
  }
  return /^\s*[\w.-]+\s*:/.test(whole)
    ? "; a setting is written as key = value, like port = 1883"
    : "";
}
