import type { Field } from "../fields/field.ts";
import { sections } from "../fields/fields.ts";
import { isList, lists } from "../fields/lists.ts";
import type { Path } from "../text/problem.ts";

/** Fields of one table. */
export type Fields = Readonly<Record<string, Field<unknown>>>;

/** Every section, whether there is one or a list of it. */
export const fieldsOf: Readonly<Record<string, Fields>> = {
  ...lists,
  ...sections,
};

/**
 * Returns what may stand at `path`, which leads to a table; the sections at
 * none.
 */
export function knownAt(path: Path): Readonly<Record<string, unknown>> {
  if (path.length === 0) return fieldsOf;
  const section = fieldsOf[path[0]];
  // A table of a list is found by its index, which comes first.
  const inside = path.slice(isList(path[0]) ? 2 : 1);
  return inside.length === 0 ? section : section[inside[0]]?.tables ?? {};
}

/** The value of the setting at `path` with a stand-in for what is secret. */
export function hideSecret(
  path: Path,
  value: unknown,
  standIn: (secret: string) => string,
): unknown {
  const field = fieldAt(path);
  if (field?.secret === true) return standIn(String(value));
  return field?.hide === undefined ? value : field.hide(value, standIn);
}

/** Returns whether the setting at `path` holds a secret. */
export function isSecretSetting(path: Path): boolean {
  return fieldAt(path)?.secret === true;
}

/**
 * Returns whether a setting is called `name`, and none of that name may hold a
 * secret.
 */
export function isNameWithoutSecret(name: string): boolean {
  const named = Object.values(fieldsOf).flatMap((fields) =>
    Object.hasOwn(fields, name) ? [fields[name]] : []
  );
  return named.length > 0 &&
    named.every(({ secret, hide }) => secret !== true && hide === undefined);
}

/**
 * Returns whether the setting at `path`, or the list it is an item of, holds
 * paths.
 */
export function isPathSetting(path: Path): boolean {
  const isItem = typeof path.at(-1) === "number";
  return fieldAt(isItem ? path.slice(0, -1) : path)?.isPath === true;
}

function fieldAt(path: Path): Field<unknown> | undefined {
  const table = path.slice(0, -1);
  const known = fieldsOf[path[0]] === undefined ? {} : knownAt(table);
  return known[path[path.length - 1]] as Field<unknown> | undefined;
}
