import { dirname, isAbsolute, join } from "node:path";
import { type ConfigLine, parseLines, placeOf } from "./config_line.ts";
import { ImportError, reasonOf } from "./import_error.ts";

/** A configuration is text by hand; what is larger is something else. */
const MOST_BYTES = 1 << 20;
/** Files that one configuration may include. */
const MOST_FILES = 1000;

/**
 * Returns the lines of a configuration and of all that it includes, in the
 * order in which Mosquitto reads them. Rejects with `ImportError`.
 */
export async function readConfig(path: string): Promise<ConfigLine[]> {
  const lines: ConfigLine[] = [];
  let files = 0;
  const text = await readText(path);
  if (isToml(text)) {
    throw new ImportError(
      path,
      "this is TOML, the format of Dunlin's own settings, and import reads a " +
        `mosquitto.conf; check the settings: dunlin check ${path}`,
    );
  }
  for (const line of parseLines(path, text)) {
    if (line.name !== "include_dir") {
      lines.push(line);
      continue;
    }
    for (const file of await included(line)) {
      files++;
      if (files > MOST_FILES) {
        throw new ImportError(
          placeOf(line),
          `it includes more than ${MOST_FILES} files`,
        );
      }
      // Like Mosquitto, an included file includes no other.
      lines.push(...parseLines(file, await readText(file)));
    }
  }
  return lines;
}

/**
 * Returns whether the first line that says something begins a table or sets a
 * key.
 */
function isToml(text: string): boolean {
  const first = text.replace(/^\uFEFF/, "").split("\n")
    .map((line) => line.trim())
    .find((line) => line !== "" && !line.startsWith("#"));
  return first !== undefined && /^(\[|["\w.-]+\s*=)/.test(first);
}

/** Returns text of a file. Rejects with `ImportError` when it is over 1 MiB. */
export async function readText(path: string): Promise<string> {
  let size: number;
  try {
    size = (await Deno.stat(path)).size;
    if (size <= MOST_BYTES) return await Deno.readTextFile(path);
  } catch (error) {
    throw new ImportError(path, reasonOf(error), error);
  }
  throw new ImportError(
    path,
    `it has ${size} bytes, too many for what is needed here`,
  );
}

/** Returns the files of an `include_dir`, in Mosquitto's order. */
async function included(line: ConfigLine): Promise<string[]> {
  if (line.value === "") {
    throw new ImportError(placeOf(line), "include_dir names no folder");
  }
  const folder = await folderOf(line);
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (!entry.isDirectory && entry.name.endsWith(".conf")) {
        names.push(entry.name);
      }
    }
  } catch (error) {
    throw new ImportError(
      placeOf(line),
      `include_dir ${line.value}: ${reasonOf(error)}`,
      error,
    );
  }
  return names.sort(byLetter).map((name) => join(folder, name));
}

/**
 * Mosquitto takes a relative folder from where it is started. That may have
 * been elsewhere: then the folder beside the configuration is meant.
 */
async function folderOf(line: ConfigLine): Promise<string> {
  if (isAbsolute(line.value)) return line.value;
  try {
    if ((await Deno.stat(line.value)).isDirectory) return line.value;
  } catch {
    // A fault of the other file is reported when it is read.
  }
  return join(dirname(line.file), line.value);
}

/** A before a, a before B. */
function byLetter(a: string, b: string): number {
  const [low, high] = [a.toLowerCase(), b.toLowerCase()];
  if (low !== high) return low < high ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
