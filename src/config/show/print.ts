import type { Field } from "../fields/field.ts";
import { sections } from "../fields/fields.ts";
import { appliesTo } from "../fields/listener_fields.ts";
import { lists } from "../fields/lists.ts";
import type { Settings } from "../model/settings.ts";

type Fields = Readonly<Record<string, Field<unknown>>>;

/**
 * Returns the settings as a TOML document that gives the same settings again.
 */
export function printSettings(settings: Settings): string {
  const lines: string[] = [];
  const table = (
    fields: Fields,
    values: unknown,
    applies: (key: string, field: Field<unknown>) => boolean,
  ) => {
    for (const [key, field] of Object.entries(fields)) {
      if (!applies(key, field)) continue;
      const value = (values as Readonly<Record<string, unknown>>)[key];
      lines.push(`${key} = ${field.write(value)}`);
    }
    lines.push("");
  };
  for (const listener of settings.listener) {
    lines.push("[[listener]]");
    table(lists.listener, listener, (key) => appliesTo(key, listener));
  }
  for (const auth of settings.auth) {
    lines.push("[[auth]]");
    table(lists.auth, auth, (_, { types }) => isFor(types, auth.type));
  }
  for (const name of ["user", "group", "acl"] as const) {
    for (const values of settings[name]) {
      lines.push(`[[${name}]]`);
      table(lists[name], values, () => true);
    }
  }
  for (const [name, fields] of Object.entries(sections)) {
    lines.push(`[${name}]`);
    table(fields, settings[name as keyof typeof sections], () => true);
  }
  return lines.join("\n");
}

function isFor(types: readonly string[] | undefined, type: string): boolean {
  return types === undefined || types.includes(type);
}
