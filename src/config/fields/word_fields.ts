import { type Field, type FieldsOf, shown } from "./field.ts";
import { closest } from "../text/closest.ts";
import { tomlText } from "../text/toml_text.ts";

/** Yes or no. The words in a string count too: an `${ENV}` gives strings. */
export function flag(initial: boolean, doc: string): Field<boolean> {
  return {
    doc,
    range: "",
    default: initial,
    defaultText: String(initial),
    json: { type: ["boolean", "string"] },
    read(value) {
      if (value === true || value === "true") return true;
      if (value === false || value === "false") return false;
      throw new RangeError(
        `${shown(value)} is not allowed: give true or false`,
      );
    },
    write: String,
  };
}

function oneOf<T extends string>(
  value: unknown,
  words: readonly T[],
  meant: Readonly<Record<string, string>>,
): T {
  const found = words.find((word) => word === value);
  if (found !== undefined) return found;
  const near = typeof value !== "string"
    ? undefined
    // Before what merely looks alike: "ws" is no slip of "wss".
    : Object.hasOwn(meant, value.toLowerCase())
    ? meant[value.toLowerCase()]
    : closest(value, words);
  const isWord = words.some((word) => word === near);
  const named = isWord ? `"${near}"` : near;
  const hint = near === undefined ? "" : `; did you mean ${named}?`;
  throw new RangeError(
    `${shown(value)} is not allowed: give ${quoted(words)}${hint}`,
  );
}

function quoted(words: readonly string[]): string {
  const all = words.map((word) => `"${word}"`);
  return all.length < 2
    ? all.join("")
    : `${all.slice(0, -1).join(", ")} or ${all.at(-1)}`;
}

/**
 * One of some words. `meant`, in lower case, are words that other programs use
 * for the same: they are refused, and the right one is named, or what is said
 * there about several.
 */
export function choice<T extends string>(
  initial: T,
  words: readonly T[],
  doc: string,
  meant: Readonly<Record<string, string>> = {},
): Field<T> {
  return {
    doc,
    range: quoted(words),
    default: initial,
    defaultText: JSON.stringify(initial),
    json: { type: "string", enum: words },
    read: (value) => oneOf(value, words, meant),
    write: (value) => JSON.stringify(value),
  };
}

/** Returns text that must match `pattern`; `expected` says so in words. */
export function text(
  initial: string,
  pattern: RegExp,
  expected: string,
  doc: string,
): Field<string> {
  return {
    doc,
    range: expected,
    default: initial,
    defaultText: tomlText(initial),
    json: { type: "string" },
    read(value) {
      if (typeof value === "string" && pattern.test(value)) return value;
      throw new RangeError(`${shown(value)} is not allowed: give ${expected}`);
    },
    write: tomlText,
  };
}

/** Path of a file or folder; `expected` says which, "" names none. */
export function path(expected: string, doc: string): Field<string> {
  return { ...text("", /^[^\0]{0,4000}$/, expected, doc), isPath: true };
}

/** A secret text, never shown; in the file best a `file:` reference. */
export function secret(doc: string): Field<string> {
  return {
    doc,
    range: `text, or "file:PATH" to read it from a file`,
    default: "",
    defaultText: `""`,
    json: { type: "string" },
    secret: true,
    read(value) {
      if (typeof value === "string") return value;
      throw new RangeError("not allowed: give text in quotes");
    },
    write: (value) => value === "" ? `""` : `"(hidden)"`,
  };
}

/** Returns a list; each of its items is read by `item`. */
export function list<T>(
  initial: readonly T[],
  item: Field<T>,
  least: number,
  doc: string,
): Field<readonly T[]> {
  const write = (values: readonly T[]) =>
    `[${values.map((value) => item.write(value)).join(", ")}]`;
  return {
    doc,
    range: `a list of ${item.range}`,
    default: initial,
    defaultText: write(initial),
    json: { type: "array", items: item.json, minItems: least },
    isPath: item.isPath,
    read(value) {
      if (!Array.isArray(value) || value.length < least) {
        const count = least > 0 ? ` with at least ${least} of them` : "";
        throw new RangeError(
          `${
            shown(value)
          } is not allowed: give a list of ${item.range}${count}`,
        );
      }
      return value.map((one) => item.read(one));
    },
    write,
  };
}

/**
 * Returns a list of tables, `[[section.name]]` in the file, each with `fields`.
 * The schema reads them one by one, so that each mistake has its place.
 */
export function tables<T>(
  fields: FieldsOf<T>,
  [section, name]: readonly [section: string, name: string],
  doc: string,
  example: string,
): Field<readonly T[]> {
  const inside = Object.entries<Field<unknown>>(fields);
  const writeOne = (table: T) =>
    `{ ${
      inside.map(([key, field]) =>
        `${key} = ${field.write((table as Record<string, unknown>)[key])}`
      ).join(", ")
    } }`;
  return {
    doc,
    range: `a [[${section}.${name}]] table for each`,
    default: [],
    defaultText: example,
    isCommented: true,
    json: { type: "array" },
    tables: fields as Readonly<Record<string, Field<unknown>>>,
    read: (value) => value as readonly T[],
    write: (list) => `[${list.map(writeOne).join(", ")}]`,
  };
}
