import type { Field } from "./field.ts";
import { list, text } from "./word_fields.ts";

/** Returns a name as MQTT allows it: 1 to 65,535 bytes, without U+0000. */
export function name(doc: string): Field<string> {
  return text("", /^[^\0]{1,65535}$/, "a name", doc);
}

/** Returns a list; one value alone needs no brackets. */
export function oneOrMore<T>(field: Field<readonly T[]>): Field<readonly T[]> {
  return {
    ...field,
    range: field.range.replace(/^a list of (.*)$/, "$1; one or a list"),
    json: {},
    read: (value) => field.read(Array.isArray(value) ? value : [value]),
  };
}

/** Returns names; one alone needs no brackets. */
export function names(doc: string): Field<readonly string[]> {
  return oneOrMore(list([], { ...name(""), range: "names" }, 0, doc));
}
