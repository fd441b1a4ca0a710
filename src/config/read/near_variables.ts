import { closest } from "../text/closest.ts";
import type { Field } from "../fields/field.ts";
import { sections } from "../fields/fields.ts";
import { lists } from "../fields/lists.ts";
import type { Problem } from "../text/problem.ts";
import { isSettingVariable } from "../text/variables.ts";

const PREFIX = "DUNLIN_";

/** Variables of Dunlin that are no settings. */
const OTHERS = [
  ...["DUNLIN_CONFIG", "DUNLIN_CACHE"],
  // Those that an executable sets itself.
  ...["DUNLIN_BOOT_ID", "DUNLIN_MEMORY_MAX"],
];

/** Kubernetes tells every container of a service that is named dunlin. */
const SERVICE_LINK =
  /_SERVICE_HOST$|_SERVICE_PORT(_\w+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_\w+)?$/;

/**
 * Variables that look like a setting and are none: `DUNLIN_LOG_LEVEL` for
 * `DUNLIN_LOG__LEVEL`, `DUNLIN_PORT` for `DUNLIN_LISTENER__0__PORT`. Each is a
 * problem, as an unknown key in the file is: it would have no effect, silently.
 *
 * Other names that begin with `DUNLIN_` belong to others: an image
 * that names its version, a script, a file that refers to them. `text` is that
 * file.
 */
export function nearVariables(
  environment: Readonly<Record<string, string>>,
  text: string,
): Problem[] {
  const problems: Problem[] = [];
  for (const name of Object.keys(environment).sort()) {
    if (!name.startsWith(PREFIX) || isSettingVariable(name)) continue;
    if (OTHERS.includes(name) || isServiceLink(name, environment[name])) {
      continue;
    }
    if (text.includes("${" + name)) continue;
    const meant = meantBy(name.slice(PREFIX.length));
    if (meant === undefined) continue;
    const message = `there is no such setting: did you mean ${meant}?`;
    problems.push({ source: name, path: "", message });
  }
  return problems;
}

function isServiceLink(name: string, value: string): boolean {
  return SERVICE_LINK.test(name) ||
    (name.endsWith("_PORT") && /^(tcp|udp|sctp):\/\//.test(value));
}

/**
 * Returns the variable or variables that `name`, without the prefix, is near
 * to.
 */
function meantBy(name: string): string | undefined {
  if (name.startsWith("CONFIG")) return "DUNLIN_CONFIG";
  if (name.toLowerCase() in sections) {
    return `a setting of that section, as ${firstOf(name)}`;
  }
  const inSections = settingNames();
  // A setting without its section: only by the very word, as these are short.
  const alone = [...inSections.values()].filter((full) =>
    full.endsWith(`__${name}`)
  );
  if (alone.length > 0) return alone.map((full) => PREFIX + full).join(" or ");
  // An index can be any number.
  const index = /\d+/.exec(name)?.[0];
  const near = closest(squash(name), inSections.keys()) ??
    closest(name, ["CONFIG"]);
  if (near === undefined) return undefined;
  const full = inSections.get(near) ?? near;
  return PREFIX + (index === undefined ? full : full.replace("0", index));
}

function firstOf(section: string): string {
  const names = [...settingNames().values()];
  return PREFIX + names.find((full) => full.startsWith(`${section}__`));
}

/** Drops underscores and the value of an index from a name. */
function squash(name: string): string {
  return name.replaceAll("_", "").replace(/\d+/, "0");
}

/**
 * Returns all settings as variables are named, by what `squash` makes of them.
 */
function settingNames(): Map<string, string> {
  const names = new Map<string, string>();
  const add = (
    fields: Readonly<Record<string, Field<unknown>>>,
    before: string,
  ): void => {
    for (const [key, field] of Object.entries(fields)) {
      const full = `${before}__${key.toUpperCase()}`;
      if (field.tables !== undefined) add(field.tables, `${full}__0`);
      else names.set(squash(full), full);
    }
  };
  for (const [section, fields] of Object.entries(sections)) {
    add(fields, section.toUpperCase());
  }
  for (const [name, fields] of Object.entries(lists)) {
    add(fields, `${name.toUpperCase()}__0`);
  }
  return names;
}
