import { effectOf } from "../../src/config/change/effect.ts";
import type { Field } from "../../src/config/fields/field.ts";
import { sections } from "../../src/config/fields/fields.ts";
import { isList, lists } from "../../src/config/fields/lists.ts";
import { VERSION } from "../../src/config/mod.ts";
import { sectionIntro } from "../../tools/config_docs.ts";
import { entry, heading, paragraphs, title, verbatim } from "./roff.ts";

const FORMAT =
  `The file is TOML. It needs only the settings that differ from the \
defaults. "dunlin check FILE" finds mistakes, and "dunlin check FILE --print" \
prints the settings that result. The environment and the command line override \
the file, see dunlin(1).`;

const VALUES =
  `Durations are "250ms", "10s", "1h30m" or "2d"; a number without a \
unit counts seconds. Sizes are "16 MiB" (1024 x 1024) or "1 MB" (1000 x 1000); a \
number without a unit counts bytes. Relative paths start at the folder of the \
file. In a string, \${NAME} and \${NAME:-default} stand for an environment \
variable.`;

const RELOAD =
  `A running broker applies a changed file by itself and at SIGHUP. Most \
settings count at once; those marked below count for a client from its next \
CONNECT, or after a restart.`;

const EXAMPLE = `[[listener]]
bind = "0.0.0.0"

[[auth]]
type = "password-file"
file = "passwd"

[storage]
mode = "durable"`;

/** What a setting says about a change of it; nothing where it counts at once. */
const EFFECTS = {
  now: [],
  reconnect: ["A change counts from the next CONNECT of a client."],
  restart: ["A change counts after a restart."],
} as const;

/** Returns dunlin.toml(5), made of the schema of the settings. */
export function settingsPage(date: string): string {
  let text = title("DUNLIN.TOML", 5, VERSION, date) +
    heading("NAME") + "dunlin.toml \\- settings of the Dunlin MQTT broker\n" +
    heading("DESCRIPTION") + paragraphs(FORMAT, VALUES, RELOAD);
  for (const [name, fields] of Object.entries({ ...lists, ...sections })) {
    const section = name as keyof typeof lists | keyof typeof sections;
    text += heading(isList(name) ? `[[${name}]]` : `[${name}]`) +
      paragraphs(sectionIntro(section)) +
      Object.entries(fields as Readonly<Record<string, Field<unknown>>>)
        .map(([key, field]) => setting(name, key, field)).join("");
  }
  return text + heading("EXAMPLE") +
    paragraphs(
      "Clients of the network log in, and no acknowledged message is lost:",
    ) + verbatim(EXAMPLE) +
    heading("SEE ALSO") + ".BR dunlin (1)\n";
}

function setting(section: string, key: string, field: Field<unknown>): string {
  const types = field.types === undefined
    ? ""
    : ` (${field.types.join(", ")} only)`;
  const usual = field.inherits !== undefined
    ? [`The default is [${field.inherits[0]}] ${field.inherits[1]}.`]
    : field.secret || field.defaultText === ""
    ? []
    : [`${field.isCommented ? "Example" : "Default"}: ${field.defaultText}`];
  const range = field.range === "" ? [] : [`Allowed: ${field.range}.`];
  const effect = EFFECTS[effectOf(section, key)];
  return entry(`${key}${types}`, field.doc, ...range, ...usual, ...effect);
}
