import { dirname, resolve } from "node:path";
import { isPathSetting } from "./known_settings.ts";
import type { Path } from "./problem.ts";

/** Where relative paths begin. */
export interface PathBase {
  /** Absolute path of a folder. */
  readonly folder: string;
  /** What a leading `~/` stands for; without it, that stays. */
  readonly home: string | undefined;
}

/**
 * A copy of `value`, the part of a configuration at `path`, whose path settings
 * are absolute. Their meaning must not change with the folder that a command is
 * called in. An empty path names nothing and stays empty.
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

/** `path` as an absolute one. */
export function absolutePath(path: string, { folder, home }: PathBase): string {
  if (path === "") return path;
  if (path === "~" || path.startsWith("~/")) {
    return home ? resolve(home, path.slice(2)) : path;
  }
  // What ends in a slash goes on doing so: it may say that a folder is meant.
  const end = /[^/]\/$/.test(path) ? "/" : "";
  return resolve(folder, path) + end;
}

/** The folder that relative paths in the configuration file `file` begin in. */
export function folderOfFile(file: string): string {
  const path = resolve(file);
  // Behind `--config <(...)` and /dev/stdin there is no folder of a file.
  return /^\/(dev|proc)\//.test(path) ? Deno.cwd() : dirname(path);
}
