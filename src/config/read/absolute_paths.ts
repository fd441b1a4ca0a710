import { dirname, resolve } from "node:path";
import { isPathSetting } from "./known_settings.ts";
import type { Path } from "../text/problem.ts";

/** Base of relative paths. */
export interface PathBase {
  /** Absolute path of a folder. */
  readonly folder: string;
  /** Replaces a leading `~/`; undefined leaves it. */
  readonly home: string | undefined;
}

/**
 * Returns a copy of `value`, the part of a configuration at `path`, with
 * absolute path settings: they must mean the same wherever a command is called.
 * An empty path names nothing and stays empty.
 */
export function withAbsolutePaths(
  value: unknown,
  base: PathBase,
  path: Path = [],
): unknown {
  if (typeof value === "string") {
    return isPathSetting(path) ? absolutePath(value, base) : value;
  }
  if (Array.isArray(value)) {
    return value.map((one, index) =>
      withAbsolutePaths(one, base, [...path, index])
    );
  }
  if (typeof value !== "object" || value === null || value instanceof Date) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      key,
      withAbsolutePaths(one, base, [...path, key]),
    ]),
  );
}

/** Returns `path` as an absolute path. */
export function absolutePath(path: string, { folder, home }: PathBase): string {
  if (path === "") return path;
  if (path === "~" || path.startsWith("~/")) {
    return home ? resolve(home, path.slice(2)) : path;
  }
  // A slash at the end may say that a folder is meant.
  const end = /[^/]\/$/.test(path) ? "/" : "";
  return resolve(folder, path) + end;
}

/** Returns the folder in which relative paths of the configuration `file` begin. */
export function folderOfFile(file: string): string {
  const path = resolve(file);
  // Behind `--config <(...)` and /dev/stdin there is no folder of a file.
  return /^\/(dev|proc)\//.test(path) ? Deno.cwd() : dirname(path);
}
