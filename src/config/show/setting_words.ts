import type { Field } from "../fields/field.ts";
import { sections } from "../fields/fields.ts";
import { lists } from "../fields/lists.ts";

/** A setting as it is typed on the command line. */
export interface SettingWords {
  /** `limits.max_inflight`, or `listener.0.port` for the first of a list. */
  readonly name: string;
  /** Its only values, if it has few. */
  readonly values: readonly string[];
}

/** Returns all settings, in the order of the example file. */
export function settingWords(): SettingWords[] {
  const tables = [
    ...Object.entries(lists).map(([name, fields]) =>
      [`${name}.0`, fields] as const
    ),
    ...Object.entries(sections),
  ];
  return tables.flatMap(([table, fields]) =>
    Object.entries(fields as Readonly<Record<string, Field<unknown>>>)
      .map(([key, field]) => ({
        name: `${table}.${key}`,
        values: valuesOf(field),
      }))
  );
}

function valuesOf({ json }: Field<unknown>): string[] {
  if ([json.type].flat().includes("boolean")) return ["true", "false"];
  return Array.isArray(json.enum) ? json.enum.map(String) : [];
}
