import * as z from "zod/mini";
import { closest } from "../text/closest.ts";
import { counterpartOf } from "../text/other_names.ts";
import type { PartialSettings } from "./complete.ts";
import type { Field } from "../fields/field.ts";
import { type Fields, fieldsOf, knownAt } from "./known_settings.ts";
import { isList } from "../fields/lists.ts";
import type { Path } from "../text/problem.ts";

/** Notes of the JSON Schema on each part, besides its type. */
const notes = z.registry<Record<string, unknown>>();

function valueSchema(field: Field<unknown>): z.ZodMiniType {
  const value = field.tables !== undefined
    ? z.array(tableSchema(field.tables))
    : readBy(field);
  const range = field.range === "" ? "" : ` Allowed: ${field.range}.`;
  const origin = field.inherits !== undefined
    ? `Default: that of [${field.inherits[0]}] ${field.inherits[1]}.`
    : field.tables !== undefined
    ? "Default: none."
    : `Default: ${field.defaultText}.`;
  const described = z.optional(value);
  described.register(notes, {
    ...field.json,
    description: `${field.doc}${range} ${origin}`,
  });
  return described;
}

function readBy(field: Field<unknown>): z.ZodMiniType {
  return z.pipe(
    z.unknown(),
    z.transform((given, context) => {
      try {
        return field.read(given);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        context.issues.push({
          code: "custom",
          message: error.message,
          input: given,
        });
        return z.NEVER;
      }
    }),
  );
}

function tableSchema(fields: Fields): z.ZodMiniType {
  const shape: Record<string, z.ZodMiniType> = {};
  for (const [key, field] of Object.entries(fields)) {
    shape[key] = valueSchema(field);
  }
  return z.strictObject(shape);
}

function rootSchema(): z.ZodMiniType {
  const shape: Record<string, z.ZodMiniType> = {};
  for (const [name, fields] of Object.entries(fieldsOf)) {
    const table = tableSchema(fields);
    // A broker without any listener serves no client.
    const least = name === "listener" ? 1 : 0;
    shape[name] = z.optional(
      isList(name)
        ? z.array(table).check(z.minLength(least)) as z.ZodMiniType
        : table,
    );
  }
  return z.strictObject(shape);
}

/** Which half of `key = value` is meant. */
export type Part = "key" | "value";

/** One thing wrong, and whether its key or its value is to blame. */
export interface Violation {
  readonly path: Path;
  readonly part: Part;
  readonly message: string;
}

/**
 * Checks the tree of a configuration. Returns its settings, with sizes and
 * durations as numbers; calls `onViolation` for each thing that is wrong, and
 * takes that out of `tree`.
 */
export function checkTree(
  tree: Record<string, unknown>,
  onViolation: (violation: Violation) => void,
): PartialSettings {
  const schema = rootSchema();
  const result = schema.safeParse(tree);
  if (result.success) return result.data as PartialSettings;
  const violations = result.error.issues.flatMap(violationsOf);
  for (const violation of violations) {
    onViolation(violation);
    takeOut(tree, violation.path);
  }
  // The cross checks need valid values: bad ones are removed.
  return schema.parse(tree) as PartialSettings;
}

function violationsOf(issue: z.core.$ZodIssue): Violation[] {
  const path = issue.path as Path;
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      path: [...path, key],
      part: "key",
      message: unknownKey(path, key),
    }));
  }
  const message = issue.code === "custom" ? issue.message : wrongShape(path);
  return [{ path, part: "value", message }];
}

function takeOut(tree: Record<string, unknown>, path: Path): void {
  let place = tree as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) {
    place = place[key] as Record<string | number, unknown>;
  }
  const last = path[path.length - 1];
  // The places of the other tables must stay what they are.
  if (typeof last === "number") place[last] = {};
  else delete place[last];
}

/** A section or listener that is not a table, or a list that is none. */
function wrongShape(path: Path): string {
  const inside = path.slice(isList(path[0]) ? 2 : 1);
  if (inside.length > 0) {
    const name = `${path[0]}.${inside[0]}`;
    const what = inside.length === 1 ? "a list" : "a table";
    return `not ${what}: write each as a [[${name}]] table`;
  }
  const [name] = path;
  if (!isList(name)) {
    return `not a table: write its settings below a line [${name}]`;
  }
  const what = path.length === 1 ? `a list of ${name}s` : "a table";
  // TOML has one name for one thing: a list, or a table.
  const besides = name === "auth"
    ? "; settings for all of them, like explain, belong below [access]"
    : "";
  return `not ${what}: write each ${name} as a [[${name}]] table${besides}`;
}

/** Names that an error lists; more would hide what it says. */
const MOST_NAMES = 20;

function unknownKey(path: Path, key: string): string {
  const known = knownAt(path);
  const near = closest(key, Object.keys(known));
  if (near !== undefined) {
    return `there is no such ${
      path.length === 0 ? "section" : "setting"
    }: did you mean ${near}?`;
  }
  const counterpart = counterpartOf(key, path.length > 0);
  if (counterpart !== undefined) {
    return `there is no such setting: use ${counterpart}`;
  }
  const homes = Object.keys(fieldsOf).filter((name) => key in fieldsOf[name]);
  if (homes.length > 0) {
    const section = homes.at(-1);
    const header = isList(section) ? `[[${section}]]` : `[${section}]`;
    return `there is no such setting here: it belongs below ${header}`;
  }
  const what = path.length === 0 ? "section" : "setting";
  const names = Object.keys(known);
  return `there is no such ${what}: remove it, or ${
    names.length > MOST_NAMES
      ? "look for it in config.example.toml"
      : `give one of ${names.join(", ")}`
  }`;
}

/** Returns the JSON Schema (draft 2020-12) of the file, for editors. */
export function settingsJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(rootSchema(), { io: "input", metadata: notes });
}
