import { completeSettings, type PartialSettings } from "./complete.ts";
import { crossCheck } from "./cross_checks.ts";
import { sections } from "../fields/fields.ts";
import { listenerFields } from "../fields/listener_fields.ts";
import { nearVariables } from "./near_variables.ts";
import { isSettingVariable } from "../text/variables.ts";
import {
  describePath,
  type FindPlace,
  type Path,
  type Place,
  type Problem,
  problemAt,
  SettingsError,
} from "../text/problem.ts";
import type { ListenerSettings } from "../model/listener_settings.ts";
import { machineMemory } from "../model/machine_memory.ts";
import { profileFor } from "../model/profile.ts";
import type { LogLevel, Settings } from "../model/settings.ts";
import type { SettingsSources, Shortcuts } from "./sources.ts";

/**
 * Returns the complete, checked settings from all `sources`. Rejects with a
 * `SettingsError` that names everything that is wrong, not only the first.
 */
export async function loadSettings(
  sources: SettingsSources = {},
): Promise<Settings> {
  const problems: Problem[] = [];
  const environment = sources.environment ?? {};
  const needsTree = sources.file !== undefined ||
    (sources.sets?.length ?? 0) > 0 ||
    Object.keys(environment).some(isSettingVariable);
  let given: PartialSettings = {};
  let place: FindPlace = () => ({ source: "defaults" });
  if (needsTree) {
    // Most starts have only shortcuts: they never load the TOML parser and
    // the schema, which cost more time than the rest of the start together.
    const { readTree } = await import("./read_tree.ts");
    const read = await readTree(sources, problems);
    given = read.given;
    place = read.place;
  }
  problems.push(...nearVariables(environment, sources.file?.text ?? ""));
  const shortcuts = readShortcuts(sources.shortcuts ?? {}, problems);
  const chosen = withShortcuts(given, shortcuts);
  const memory = sources.memory ?? machineMemory();
  if (chosen.profile?.name === undefined) sources.onDetected?.(memory);
  const settings = completeSettings(chosen, profileFor(memory));
  const refused = problems.map((problem) => problem.path);
  const find: FindPlace = (path) => {
    const option = optionFor(path, sources.shortcuts ?? {});
    return option === undefined ? place(path) : { source: option };
  };
  crossCheck(chosen, settings, (path, message) => {
    if (followsFrom(path, refused)) return;
    problems.push(problemAt(path, message, find));
  });
  if (problems.length > 0) throw new SettingsError(problems);
  sources.onPlaces?.(find);
  const acl = settings.acl.map((rule, index) => ({
    ...rule,
    place: describePlace(place(["acl", index])),
  }));
  return { ...settings, acl };
}

/**
 * Returns whether a misfit at `path` may only be there because what was said in
 * `refused` places does not count: then it would mislead.
 */
function followsFrom(path: Path, refused: readonly string[]): boolean {
  if (refused.length === 0) return false;
  const last = String(path.at(-1));
  // In place of a port that is refused stands the default, which may clash;
  // in place of a rule's filter or a certificate, none at all.
  if (["port", "filter", "cert"].includes(last)) return true;
  // A refused [[auth]] table still means that credentials are required.
  if (last === "bind" && refused.includes("auth")) return true;
  return refused.includes(describePath(path));
}

/** Returns a place as people write it: `dunlin.toml:12`. */
function describePlace({ source, line }: Place) {
  return line === undefined ? source : `${source}:${line}`;
}

/** Returns the option by which the value at `path` was given, if it was. */
function optionFor(path: Path, shortcuts: Shortcuts): string | undefined {
  if (path[0] === "admin" && path[1] === "enabled" && shortcuts.admin) {
    return "--admin";
  }
  if (path[0] !== "listener" || path[1] !== 0) return undefined;
  if (path[2] === "port" && shortcuts.port !== undefined) return "--port";
  if (path[2] === "bind" && shortcuts.bind !== undefined) return "--bind";
  return undefined;
}

interface ReadShortcuts {
  readonly listener: Partial<ListenerSettings>;
  readonly level?: LogLevel;
  readonly admin: boolean;
}

function readShortcuts(
  shortcuts: Shortcuts,
  problems: Problem[],
): ReadShortcuts {
  const { port, bind, logLevel } = shortcuts;
  const tell = (source: string, error: unknown) => {
    if (!(error instanceof RangeError)) throw error;
    problems.push({ source, path: "", message: error.message });
  };
  const listener: { port?: number; bind?: string } = {};
  let level: LogLevel | undefined;
  try {
    if (port !== undefined) listener.port = listenerFields.port.read(port);
  } catch (error) {
    tell("--port", error);
  }
  try {
    if (bind !== undefined) listener.bind = listenerFields.bind.read(bind);
  } catch (error) {
    tell("--bind", error);
  }
  try {
    if (logLevel !== undefined) level = sections.log.level.read(logLevel);
  } catch (error) {
    tell("--log-level", error);
  }
  return { listener, level, admin: shortcuts.admin === true };
}

function withShortcuts(
  given: PartialSettings,
  shortcuts: ReadShortcuts,
): PartialSettings {
  const { listener, level, admin } = shortcuts;
  const [first, ...others] = given.listener ?? [{}];
  return {
    ...given,
    listener: [{ ...first, ...listener }, ...others],
    log: level === undefined ? given.log : { ...given.log, level },
    admin: admin ? { ...given.admin, enabled: true } : given.admin,
  };
}
