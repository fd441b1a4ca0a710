import { accessTables } from "./access/access_tables.ts";
import { type ConfigLine, placeOf, shownLine } from "./read/config_line.ts";
import { gather, type GatheredLines, lastOf } from "./rules/gather.ts";
import { generalRules } from "./rules/general_rules.ts";
import { Ledger, type LostLine } from "./toml/ledger.ts";
import {
  listenerTable,
  type MadeListener,
} from "./listeners/listener_tables.ts";
import { pluginsOf } from "./read/plugins.ts";
import { comment, TomlTable } from "./toml/toml_table.ts";
import { becomes, needless, translated, yesOrNo } from "./toml/translation.ts";

/** Result of the import of a Mosquitto configuration. */
export interface ImportedConfig {
  /** A configuration of Dunlin, with comments. */
  readonly toml: string;
  /** Its lines that have no counterpart. */
  readonly lost: readonly LostLine[];
}

/** The sections that hold for the whole broker, in the order of the example. */
const SECTIONS = [
  "limits",
  "session",
  "retained",
  "storage",
  "sys",
  "log",
] as const;

type Sections = Readonly<Record<typeof SECTIONS[number], TomlTable>>;

/**
 * Makes a configuration of Dunlin from the lines of one of Mosquitto's. Reads
 * the access control lists that it names where those hold for one listener.
 */
export async function translate(
  path: string,
  lines: readonly ConfigLine[],
): Promise<ImportedConfig> {
  const gathered = gather(lines);
  const ledger = new Ledger();
  const names = new Set<string>();
  const listeners: MadeListener[] = [];
  for (const one of gathered.listeners) {
    const place = { names, isLocalOnly: gathered.isLocalOnly };
    listeners.push(await listenerTable(one, place, ledger));
  }
  const access = await accessTables(gathered, listeners, ledger);
  const sections = Object.fromEntries(
    SECTIONS.map((name) => [name, new TomlTable(`[${name}]`)]),
  ) as unknown as Sections;
  const rest = new TomlTable("");
  enterGeneral(gathered, sections, rest, ledger);
  const tables = [
    ...listeners.map(({ table }) => table),
    ...access,
    ...Object.values(sections),
  ].filter((table) => !table.isEmpty);
  const parts = [
    heading(path, listeners),
    ...tables.map((table) => table.render()),
    rest.isEmpty ? "" : rest.render().trimStart(),
    bridges(gathered.bridges, ledger),
  ];
  return {
    toml: parts.filter((part) => part !== "").join("\n"),
    lost: ledger.lost,
  };
}

function heading(
  file: string,
  listeners: readonly MadeListener[],
): string {
  const lines = [
    `Made from ${file} by dunlin import.`,
    "A comment behind a setting says which line it was.",
  ];
  if (!listeners.some(({ isServed }) => isServed)) {
    lines.push(
      "None of its listeners can be served: without any, the broker listens " +
        "on 127.0.0.1:1883 alone.",
    );
  }
  return lines.map(comment).join("\n") + "\n";
}

function enterGeneral(
  gathered: GatheredLines,
  sections: Sections,
  rest: TomlTable,
  ledger: Ledger,
): void {
  const { general } = gathered;
  enterStorage(gathered, sections.storage, ledger);
  enterLog(general, sections.log, ledger);
  for (const line of general) {
    const { name, value } = line;
    if (/^persistence(_location)?$|^log_type$/.test(name)) continue;
    if (!Object.hasOwn(generalRules, name)) {
      ledger.lose(rest, line, "this option is not known");
      continue;
    }
    // Both bound the same here; what counts whole packets is nearer to it.
    if (
      name === "message_size_limit" && value !== "0" &&
      lastOf(general)("max_packet_size") !== undefined
    ) {
      ledger.lose(rest, line, "max_packet_size bounds the whole packet");
      continue;
    }
    const became = translated(generalRules[name], value);
    // All settings of one line are in one section.
    const section = became.settings[0]?.key.split(".", 1)[0];
    const settings = became.settings.map(({ key, value }) => ({
      key: key.slice(key.indexOf(".") + 1),
      value,
    }));
    const table = SECTIONS.find((one) => one === section);
    ledger.enter(table === undefined ? rest : sections[table], line, {
      ...became,
      settings,
    });
  }
}

/** Mosquitto writes to disk only with persistence, or by a plugin. */
function enterStorage(
  { general, everywhere, security, listeners }: GatheredLines,
  table: TomlTable,
  ledger: Ledger,
): void {
  const last = lastOf(general);
  const line = last("persistence");
  const location = last("persistence_location");
  const all = [everywhere, security, ...listeners.map((one) => one.security)];
  const plugin = all.flatMap(pluginsOf)
    .find(({ kind }) => kind === "persistence");
  let isKept = plugin !== undefined;
  if (plugin !== undefined) {
    table.set(
      "mode",
      "buffered",
      placeOf(plugin.line),
      "the plugin kept all on disk",
    );
    if (line !== undefined) {
      ledger.enter(table, line, needless("the plugin decides"));
    }
  } else if (line === undefined) {
    table.set("mode", "memory", "", "persistence was not said");
  } else {
    const became = translated((value) => {
      isKept = yesOrNo(value);
      return becomes("mode", isKept ? "buffered" : "memory");
    }, line.value);
    ledger.enter(table, line, became);
  }
  if (location === undefined) return;
  ledger.enter(
    table,
    location,
    isKept
      ? becomes(
        "path",
        location.value,
        "the store begins empty; mosquitto.db is left as it is",
      )
      : needless("nothing is kept on disk"),
  );
}

/** The least severe message of each `log_type`. */
const LEVELS: Readonly<Record<string, number>> = {
  none: 0,
  error: 0,
  warning: 1,
  notice: 2,
  information: 2,
  subscribe: 2,
  unsubscribe: 2,
  websockets: 2,
  internal: 2,
  debug: 3,
  all: 3,
};

function enterLog(
  general: readonly ConfigLine[],
  table: TomlTable,
  ledger: Ledger,
): void {
  const lines = general.filter(({ name }) => name === "log_type");
  const known = lines.filter(({ value }) => Object.hasOwn(LEVELS, value));
  for (const line of lines) {
    if (!known.includes(line)) ledger.lose(table, line, "it is no such type");
  }
  if (known.length === 0) return;
  const most = Math.max(...known.map(({ value }) => LEVELS[value]));
  const deciding = known.find(({ value }) => LEVELS[value] === most)!;
  const level = ["error", "warn", "info", "debug"][most];
  ledger.enter(table, deciding, becomes("level", level));
  for (const line of known) {
    if (line === deciding) continue;
    ledger.enter(table, line, needless("levels include those above them"));
  }
}

/** Keeps bridges as comments, for the operator who sets them up. */
function bridges(lines: readonly ConfigLine[], ledger: Ledger): string {
  if (lines.length === 0) return "";
  const noted = [
    "Bridges to other brokers are not set up from here. The lines about them:",
  ];
  for (const line of lines) {
    noted.push(`  ${placeOf(line)}: ${shownLine(line)}`);
    if (line.name !== "connection") continue;
    ledger.lost.push({
      place: placeOf(line),
      text: shownLine(line),
      why: "bridges are noted at the end, but not set up",
      closes: false,
    });
  }
  return noted.map(comment).join("\n") + "\n";
}
