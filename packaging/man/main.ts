/**
 * Writes the man pages into a folder (`deno task man`): `dunlin.1` of the help
 * of all commands, `dunlin.toml.5` of the schema of the settings.
 */
import { fileURLToPath } from "node:url";
import { commandsPage } from "./commands_page.ts";
import { tidy } from "./roff.ts";
import { settingsPage } from "./settings_page.ts";

/** Returns the pages by their file names; `date` as `2026-06-30`. */
export function manPages(date: string): Record<string, string> {
  return {
    "dunlin.1": tidy(commandsPage(date)),
    "dunlin.toml.5": tidy(settingsPage(date)),
  };
}

if (import.meta.main) {
  const folder = Deno.args[0] ??
    fileURLToPath(new URL("../../dist/man", import.meta.url));
  await Deno.mkdir(folder, { recursive: true });
  const date = new Date().toISOString().slice(0, 10);
  for (const [name, text] of Object.entries(manPages(date))) {
    await Deno.writeTextFile(`${folder}/${name}`, text);
    console.log(`${folder}/${name}`);
  }
}
