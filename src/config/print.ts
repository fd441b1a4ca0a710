import type { Field } from "./field.ts";
import { sections } from "./fields.ts";
import { appliesTo, listenerFields } from "./listener_fields.ts";
import type { Settings } from "./settings.ts";

type Fields = Readonly<Record<string, Field<unknown>>>;

/** The settings as a TOML document that gives the same settings again. */
export function printSettings(settings: Settings): string {
  const lines: string[] = [];
  for (const listener of settings.listener) {
    lines.push("[[listener]]");
    for (const [key, field] of Object.entries(listenerFields as Fields)) {
      if (!appliesTo(key, listener)) continue;
      const value = (listener as unknown as Record<string, unknown>)[key];
      lines.push(`${key} = ${field.write(value)}`);
    }
    lines.push("");
  }
  for (const [name, fields] of Object.entries(sections)) {
    lines.push(`[${name}]`);
    const values = settings[name as keyof typeof sections];
    for (const [key, field] of Object.entries(fields as Fields)) {
      const value = (values as unknown as Record<string, unknown>)[key];
      lines.push(`${key} = ${field.write(value)}`);
    }
    lines.push("");
  }
  return lines.join("\n");
}
