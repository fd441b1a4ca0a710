import { parse } from "smol-toml";
import type { Path, Problem } from "../text/problem.ts";
import { isSettingVariable } from "../text/variables.ts";

/** A setting that was given outside the file. */
export interface Override {
  readonly path: Path;
  readonly value: unknown;
  /** Source: `DUNLIN_LIMITS__MAX_INFLIGHT` or `--set`. */
  readonly source: string;
}

/**
 * Returns the settings among the environment's variables: `DUNLIN_A__B` is
 * `a.b`, `DUNLIN_LISTENER__0__PORT` the first listener's port.
 */
export function overridesFromEnvironment(
  environment: Readonly<Record<string, string>>,
): Override[] {
  return Object.keys(environment).filter(isSettingVariable).sort()
    .map((name) => ({
      path: pathOf(name.slice("DUNLIN_".length).toLowerCase().split("__")),
      value: tomlValue(environment[name]),
      source: name,
    }));
}

/**
 * Returns the settings of `--set a.b=VALUE` arguments, in their order. One
 * without `=` or with an empty name in its path becomes a problem.
 */
export function overridesFromArguments(
  args: readonly string[],
  problems: Problem[],
): Override[] {
  const overrides: Override[] = [];
  for (const arg of args) {
    const match = /^([\w-]+(?:\.[\w-]+)*)\s*=(.*)$/s.exec(arg);
    if (match === null) {
      problems.push({
        // The rest may be a secret.
        source: `--set ${/^[\w.-]*/.exec(arg)![0]}`.trimEnd(),
        path: "",
        message: "not a setting: write it as --set limits.max_inflight=20",
      });
      continue;
    }
    overrides.push({
      path: pathOf(match[1].split(".")),
      value: tomlValue(match[2].trim()),
      source: "--set",
    });
  }
  return overrides;
}

function pathOf(parts: readonly string[]): Path {
  return parts.map((part) => /^\d+$/.test(part) ? Number(part) : part);
}

/**
 * Returns a TOML value; what is none is taken as a string, so quotes may be
 * left out.
 */
function tomlValue(text: string): unknown {
  try {
    return parse(`value = ${text}`).value;
  } catch {
    return text;
  }
}

/**
 * Puts an override into the tree of a configuration. A number in a path is
 * an index into a list; the next free one adds to it, but a listener is only
 * added as a whole. Returns what is wrong when the path does not fit the tree,
 * else undefined.
 */
export function applyOverride(
  tree: Record<string, unknown>,
  override: Override,
): string | undefined {
  let place: Record<string | number, unknown> = tree;
  const { path } = override;
  const missing = missingListener(tree, path);
  if (missing !== undefined) return missing;
  for (const [index, key] of path.entries()) {
    const misfit = misfitOf(place, key);
    if (misfit !== undefined) return misfit;
    if (index === path.length - 1) break;
    place[key] ??= typeof path[index + 1] === "number" ? [] : {};
    const next = place[key];
    if (typeof next !== "object" || next === null) {
      return `${path.slice(0, index + 1).join(".")} is a single value`;
    }
    place = next as Record<string, unknown>;
  }
  place[path[path.length - 1]] = override.value;
  return undefined;
}

function misfitOf(place: unknown, key: string | number): string | undefined {
  // Properties that every object inherits must not be written to.
  if (key in Object.prototype) return "there is no such setting";
  if (!Array.isArray(place)) return undefined;
  if (typeof key !== "number") {
    return `${key} is a setting of a list item: give its number, as in listener.0.port`;
  }
  return key > place.length
    ? `there are only ${place.length}, counted from 0`
    : undefined;
}

/** Without any listener in the file there is the default one, number 0. */
function missingListener(
  tree: Record<string, unknown>,
  [section, index, key]: Path,
): string | undefined {
  const listeners = tree.listener ?? [{}];
  if (section !== "listener" || !Array.isArray(listeners)) return undefined;
  if (typeof index !== "number" || index < listeners.length) return undefined;
  const isAdded = key === undefined && tree.listener !== undefined;
  if (isAdded && index === listeners.length) return undefined;
  const count = listeners.length === 1
    ? "is only 1 listener, number 0"
    : `are only ${listeners.length} listeners, counted from 0`;
  return `there ${count}: add one as a [[listener]] in the file`;
}
