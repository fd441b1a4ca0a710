import type { AccessScope } from "./access_scope.ts";
import { aclTables } from "./acl_tables.ts";
import { type ConfigLine, placeOf } from "./config_line.ts";
import { type GatheredLines, lastOf } from "./gather.ts";
import type { Ledger } from "./ledger.ts";
import type { MadeListener } from "./listener_tables.ts";
import { httpLink } from "./http_plugin.ts";
import { TomlTable } from "./toml_table.ts";
import { becomes, lost, needless, translated, yesOrNo } from "./translation.ts";

/** Makes `[[auth]]`, `[[acl]]` and `[access]`; completes the listeners. */
export async function accessTables(
  gathered: GatheredLines,
  listeners: readonly MadeListener[],
  ledger: Ledger,
): Promise<TomlTable[]> {
  const access = new TomlTable("[access]");
  const scopes = scopesOf(gathered, listeners, access, ledger);
  for (const { listeners, isOpen, lines } of scopes) {
    const said = lastOf(lines)("allow_anonymous");
    const place = said === undefined ? "" : placeOf(said);
    for (const { table } of listeners) {
      table.set("allow_anonymous", isOpen, place);
    }
  }
  const auth = authTables(scopes, ledger);
  for (const scope of scopes) enterRest(scope, access, ledger);
  const acl = await aclTables(scopes, access, ledger);
  return [...auth, ...acl, access];
}

/** One for all listeners, or one for each. */
function scopesOf(
  gathered: GatheredLines,
  all: readonly MadeListener[],
  access: TomlTable,
  ledger: Ledger,
): AccessScope[] {
  const scope = (
    lines: readonly ConfigLine[],
    listeners: readonly MadeListener[],
    names: readonly string[],
  ): AccessScope => {
    const last = lastOf(lines);
    const said = last("allow_anonymous") ?? last("listener_allow_anonymous");
    const read = { isOpen: gathered.anonymousByDefault };
    if (said !== undefined) {
      const became = translated((value) => {
        read.isOpen = yesOrNo(value);
        return needless("");
      }, said.value);
      if (became.isLost) ledger.enter(access, said, became);
    }
    const plugin = lines.find(({ name }) =>
      /^(global_|auth_)?plugin$/.test(name)
    );
    return {
      listeners,
      names,
      lines,
      // A plugin was asked about clients without a name, too.
      isOpen: read.isOpen && plugin === undefined,
      passwordFile: last("password_file"),
      aclFile: last("acl_file"),
      plugin,
    };
  };
  const served = all.filter(({ isServed }) => isServed);
  if (!gathered.perListener) return [scope(gathered.security, served, [])];
  return served.map((one) => scope(one.lines.security, [one], [one.name]));
}

/** The chain; none when everybody may come in under any name. */
function authTables(scopes: readonly AccessScope[], ledger: Ledger) {
  const tables: TomlTable[] = [];
  const isClosed = (scope: AccessScope) =>
    !scope.isOpen || scope.passwordFile !== undefined ||
    scope.plugin !== undefined;
  if (!scopes.some(isClosed)) return tables;
  // Listeners that are open for all have no [[auth]]: any user name comes in.
  const certified = scopes.filter(isClosed).flatMap((one) => one.listeners)
    .filter(({ isCertified }) => isCertified).map(({ name }) => name);
  if (certified.length > 0) {
    const table = new TomlTable("[[auth]]");
    table.set("type", "client-certificate");
    table.set("listener", certified);
    tables.push(table);
  }
  for (const scope of scopes) {
    tables.push(...linksOf(scope, ledger));
    if (isClosed(scope)) continue;
    for (const { table } of scope.listeners) {
      table.comment(
        "Any user name comes in here, unchecked. Rules see such a client " +
          "without a name.",
      );
    }
  }
  if (tables.length > 0) return tables;
  const table = new TomlTable("[[auth]]");
  table.set("type", "users");
  table.comment(
    "Mosquitto let nobody in: no clients without a name, and no name was " +
      "known. Add [[user]]\ntables, or say allow_anonymous = true.",
  );
  return [table];
}

function linksOf(scope: AccessScope, ledger: Ledger): TomlTable[] {
  const tables: TomlTable[] = [];
  const { passwordFile, names, plugin } = scope;
  if (passwordFile !== undefined) {
    const table = new TomlTable("[[auth]]");
    table.set("type", "password-file");
    ledger.enter(table, passwordFile, becomes("file", passwordFile.value));
    if (names.length > 0) table.set("listener", names);
    tables.push(table);
  }
  if (plugin !== undefined) tables.push(pluginLink(scope, ledger));
  return tables;
}

/** Asks the server that the plugin asked, or lets in nobody in its place. */
function pluginLink({ lines, names }: AccessScope, ledger: Ledger): TomlTable {
  const http = httpLink(lines, names);
  const table = http ?? new TomlTable("[[auth]]");
  if (http === null) {
    table.set("type", "users");
    if (names.length > 0) table.set("listener", names);
  }
  for (const line of lines.filter(({ name }) => isOfPlugin(name))) {
    const isPlugin = /plugin$/.test(line.name);
    if (http !== null) {
      const became = needless("to ask over HTTP is built in; see above");
      if (isPlugin) ledger.enter(table, line, became);
    } else {
      const why = isPlugin
        ? "plugins are not loaded; whom it let in has to be a [[user]] first"
        : "it is the plugin's";
      ledger.lose(table, line, why);
    }
  }
  return table;
}

function isOfPlugin(name: string): boolean {
  return /plugin|^auth_opt_/.test(name);
}

/** What of these lines has no setting at all. */
function enterRest(
  { lines, plugin }: AccessScope,
  access: TomlTable,
  ledger: Ledger,
): void {
  const last = lastOf(lines);
  for (const line of lines) {
    const { name, value } = line;
    if (name === "psk_file") {
      ledger.lose(access, line, "TLS is spoken with certificates alone");
    } else if (name === "allow_zero_length_clientid") {
      const rule = (text: string) =>
        yesOrNo(text)
          ? needless("as always")
          : lost("clients without an id are given one, as MQTT has it");
      ledger.enter(access, line, translated(rule, value));
    } else if (/auto_id_prefix$/.test(name)) {
      ledger.lose(access, line, "the broker makes ids of its own");
    } else if (isOfPlugin(name) && plugin === undefined) {
      ledger.enter(access, line, needless("there is no plugin to take it"));
    } else if (line !== last(name) && /_file$|anonymous$/.test(name)) {
      ledger.enter(access, line, needless("it is said again further down"));
    }
  }
}
