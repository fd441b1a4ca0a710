import type { Field } from "../fields/field.ts";

/**
 * Returns a table on one line, as TOML's inline tables are: what is at its
 * default is left out, and a secret is there but not shown.
 */
export function shownTable(
  fields: Readonly<Record<string, Field<unknown>>>,
  values: object,
): string {
  const parts: string[] = [];
  for (const [key, field] of Object.entries(fields)) {
    const value = (values as Readonly<Record<string, unknown>>)[key];
    const text = field.write(value);
    if (text !== field.write(field.default)) parts.push(`${key} = ${text}`);
  }
  return parts.length === 0 ? "{}" : `{ ${parts.join(", ")} }`;
}
