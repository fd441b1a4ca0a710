/**
 * Writes `config.example.toml` and `dunlin.schema.json` from the schema of
 * the settings (`deno task config:docs`). A test compares them with it.
 */
import type { Field } from "../src/config/fields/field.ts";
import { sections } from "../src/config/fields/fields.ts";
import { listenerFields } from "../src/config/fields/listener_fields.ts";
import { type ListName, lists } from "../src/config/fields/lists.ts";
import { settingsJsonSchema } from "../src/config/read/schema.ts";

type Fields = Readonly<Record<string, Field<unknown>>>;

const HEAD = `#:schema ./dunlin.schema.json
#
# Every setting of Dunlin with its default. A file needs only the settings that
# differ. "dunlin check FILE" finds mistakes.
#
# Settings come from four sources; each overrides those above it:
#   1. the defaults
#   2. the file named by --config or DUNLIN_CONFIG; no other file is read
#   3. the environment: DUNLIN_LIMITS__MAX_INFLIGHT=20 is limits.max_inflight,
#      DUNLIN_LISTENER__0__PORT=1884 the first listener's port
#   4. the command line: --set limits.max_inflight=20, --port 1884
#
# Durations: "250ms", "10s", "1h30m", "2d"; a number without unit counts seconds.
# Sizes: "16 MiB" (1024 x 1024), "1 MB" (1000 x 1000); a number counts bytes.
# Relative paths start at the folder of this file; ~/ is the home folder.
# In a string, \${NAME} and \${NAME:-default} stand for an environment variable, and
# $\${ for \${ itself. Such a string may also stand for a number, true or false.

# One [[listener]] table for each address. Without any, this one holds: MQTT for
# this machine only.
`;

const OTHERS =
  `# The usual other listeners: MQTT with TLS on 8883, MQTT over WebSocket on 9001,
# the same with TLS on 9003.
# [[listener]]
# type = "tls"
# port = 8883

# [[listener]]
# type = "websocket"
# port = 9001

# [[listener]]
# type = "wss"
# port = 9003
`;

/** What each list is about, and how one table of it may look. */
const examples: Readonly<
  Record<Exclude<ListName, "listener">, readonly [about: string, table: string]>
> = {
  auth: [
    `Authenticators. The broker asks them in this order until one accepts or rejects
# the client. A client that none accepts is rejected. Without any [[auth]] table,
# allow_anonymous of the listeners decides.`,
    `type = "users"
[[auth]]
type = "password-file"
file = "passwd"`,
  ],
  user: [
    `Users for [[auth]] of type "users" and "scram".`,
    `name = "alice"
password = "file:alice.password"
groups = ["staff"]`,
  ],
  group: [
    "Groups for [[acl]].",
    `name = "staff"
members = ["bob"]`,
  ],
  acl: [
    `Access rules. Without any, every client may publish and subscribe to everything.
# Once there is one, everything that no rule allows is denied.`,
    `user = "alice"
action = "publish"
topic = ["sensors/%c/#"]`,
  ],
};

const intros: Readonly<Record<keyof typeof sections, string>> = {
  profile:
    "The machine that the defaults are for; docs/small-boards.md has the table.",
  access: "Settings for all authenticators and rules.",
  limits: "Limits that protect the broker and its clients.",
  session: "Sessions and queues of disconnected clients.",
  retained: "Retained messages.",
  shared: "Shared subscriptions.",
  protocol: "Features of MQTT.",
  authority:
    "The broker's own certificate authority, which issues certificates for TLS listeners.",
  storage: "The store: what survives a restart or a crash.",
  sys: "Statistics of the broker under $SYS/broker/.",
  log: "The log, on standard error or in a file.",
  admin:
    "The admin page and its API; docs/admin.md has the first steps. They need a login.",
  shutdown: "The stop of the broker.",
};

/** Returns what a section or a list is about, in one paragraph. */
export function sectionIntro(name: keyof typeof sections | ListName): string {
  if (name === "listener") {
    return "One table for each address. Without any, one holds: MQTT for this " +
      "machine only.";
  }
  return Object.hasOwn(examples, name)
    ? examples[name as keyof typeof examples][0].replaceAll("\n# ", " ")
    : intros[name as keyof typeof sections];
}

function entry(key: string, field: Field<unknown>, value: string): string {
  const range = field.range === "" ? "" : `# Allowed: ${field.range}.\n`;
  const about = `\n# ${field.doc}\n${range}`;
  if (field.isCommented) return `${about}# ${key} = ${value}\n`;
  if (field.inherits === undefined) return `${about}${key} = ${value}\n`;
  const [section, name] = field.inherits;
  return `${about}# The default is [${section}] ${name}.\n# ${key} = ${value}\n`;
}

/**
 * What a listener for plain MQTT may not have; and what must be said on
 * purpose, not be copied along by who then changes `bind`.
 */
function isLeftOut(key: string, field: Field<unknown>): boolean {
  return key === "allow_anonymous" ||
    (field.types !== undefined && !field.types.includes("tcp"));
}

function listenerTable(): string {
  let text = "[[listener]]";
  for (const [key, field] of Object.entries(listenerFields as Fields)) {
    if (isLeftOut(key, field)) {
      text += entry(key, field, field.defaultText)
        .replace(new RegExp(`^${key} =`, "m"), `# ${key} =`);
    } else text += entry(key, field, field.defaultText);
  }
  return text;
}

/** A list that is empty by default: one table as an example, then all keys. */
function listComment(name: keyof typeof examples): string {
  const [about, table] = examples[name];
  let text = `\n# ${about}\n# [[${name}]]\n${table.replace(/^/gm, "# ")}\n#\n`;
  for (const [key, field] of Object.entries(lists[name] as Fields)) {
    const types = field.types === undefined
      ? ""
      : ` (${field.types.join(", ")})`;
    const range = field.range === "" ? "" : ` Allowed: ${field.range}.`;
    const usual = field.secret ? "" : ` Default: ${field.defaultText}.`;
    text += `#   ${key}${types}: ${field.doc}${range}${usual}\n`;
  }
  return text;
}

/** The text of `config.example.toml`. */
export function exampleFile(): string {
  let text = `${HEAD}${listenerTable()}\n${OTHERS}`;
  for (const name of Object.keys(examples)) {
    text += listComment(name as keyof typeof examples);
  }
  for (const [name, fields] of Object.entries(sections)) {
    text += `\n# ${intros[name as keyof typeof sections]}\n[${name}]`;
    for (const [key, field] of Object.entries(fields as Fields)) {
      text += entry(key, field, field.defaultText);
    }
  }
  return text;
}

/** The text of `dunlin.schema.json`. */
export function schemaFile(): string {
  const schema = {
    title: "Settings of the Dunlin MQTT broker",
    ...settingsJsonSchema(),
  };
  return JSON.stringify(schema, null, 2) + "\n";
}

if (import.meta.main) {
  const root = new URL("..", import.meta.url);
  await Deno.writeTextFile(new URL("config.example.toml", root), exampleFile());
  await Deno.writeTextFile(new URL("dunlin.schema.json", root), schemaFile());
}
