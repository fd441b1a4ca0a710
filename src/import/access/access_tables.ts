import type { AccessScope } from "./access_scope.ts";
import { scopesOf } from "./access_scopes.ts";
import { aclTables } from "./acl_tables.ts";
import { type ConfigLine, placeOf } from "../read/config_line.ts";
import { type GatheredLines, lastOf } from "../rules/gather.ts";
import type { Ledger } from "../toml/ledger.ts";
import type { MadeListener } from "../listeners/listener_tables.ts";
import { isPluginLine, optionOf, type Plugin } from "../read/plugins.ts";
import { TomlTable } from "../toml/toml_table.ts";
import { becomes, needless, translated, yesOrNo } from "../toml/translation.ts";

/** Makes `[[auth]]`, `[[acl]]` and `[access]`; completes the listeners. */
export async function accessTables(
  gathered: GatheredLines,
  listeners: readonly MadeListener[],
  ledger: Ledger,
): Promise<TomlTable[]> {
  const access = new TomlTable("[access]");
  const scopes = await scopesOf(gathered, listeners, access, ledger);
  const acl = await aclTables(scopes, access, ledger);
  const auth = authTables(scopes, acl.unproved, ledger);
  for (const scope of scopes) {
    for (const plugin of scope.plugins) {
      enterPlugin(plugin, scope, access, ledger);
    }
    enterRest(scope, access, ledger);
  }
  enterPrefixes(gathered, listeners, ledger);
  return [...auth, ...acl.tables, access];
}

/**
 * Returns the chain; none when everybody may come in under any name.
 * `unproved`: scopes in which rules are about user names, and nothing proves
 * those.
 */
function authTables(
  scopes: readonly AccessScope[],
  unproved: ReadonlySet<AccessScope>,
  ledger: Ledger,
): TomlTable[] {
  const tables: TomlTable[] = [];
  const isClosed = (scope: AccessScope) =>
    scope.open.size < scope.listeners.length || scope.listeners.length === 0 ||
    scope.passwordFiles.length > 0 || scope.isShut || scope.goAuth !== null;
  const isServed = scopes.some(({ listeners }) => listeners.length > 0);
  if (isServed && !scopes.some(isClosed) && unproved.size === 0) return tables;
  // Listeners that are open for all have no [[auth]]: any user name comes in.
  const certified = scopes.filter((one) => isClosed(one) && !one.isShut)
    .flatMap((one) => one.listeners)
    .filter(({ isCertified }) => isCertified).map(({ name }) => name);
  if (certified.length > 0) {
    const table = new TomlTable("[[auth]]");
    table.set("type", "client-certificate");
    table.set("listener", certified);
    tables.push(table);
  }
  for (const scope of scopes) {
    tables.push(...linksOf(scope, unproved.has(scope), ledger));
    if (isClosed(scope) || unproved.has(scope)) continue;
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
    "Mosquitto accepted no client: neither one without a user name nor any " +
      "user name.\nAdd [[user]] tables, or set allow_anonymous = true.",
  );
  return [table];
}

function linksOf(
  scope: AccessScope,
  isUnproved: boolean,
  ledger: Ledger,
): TomlTable[] {
  const { passwordFiles, names, isShut, goAuth } = scope;
  const tables: TomlTable[] = [];
  const link = (type: string) => {
    const table = new TomlTable("[[auth]]");
    table.set("type", type);
    if (names.length > 0) table.set("listener", names);
    tables.push(table);
    return table;
  };
  if (isShut) {
    const table = link("users");
    table.comment(
      "A plugin decided here, and has no counterpart: no client may enter " +
        "before a [[user]] is here.",
    );
    for (const line of passwordFiles) {
      ledger.close(
        table,
        line,
        "the plugin may have refused some of its users; name the file in an " +
          '[[auth]] with type = "password-file" if it did not',
      );
    }
    return tables;
  }
  for (const line of passwordFiles) {
    ledger.enter(link("password-file"), line, becomes("file", line.value));
  }
  tables.push(...goAuth?.links ?? []);
  if (isUnproved) {
    const table = link("anonymous");
    // It accepts clients without a user name wherever it is asked.
    table.set("listener", [...scope.open].map(({ name }) => name));
    table.comment(
      "Clients with a user name are refused: rules are about names, and " +
        "nothing here proves them.",
    );
  }
  return tables;
}

/**
 * Enters what became of a plugin; the files that it named are entered
 * elsewhere.
 */
function enterPlugin(
  plugin: Plugin,
  { goAuth }: AccessScope,
  access: TomlTable,
  ledger: Ledger,
): void {
  const all = [plugin.line, ...plugin.options];
  const needsNone = (why: string, lines = all) => {
    for (const line of lines) ledger.enter(access, line, needless(why));
  };
  const { kind } = plugin;
  if (kind === "persistence") needsNone("[storage] keeps all on disk");
  else if (kind === "sparkplug") {
    for (const line of all) {
      ledger.lose(access, line, "Sparkplug messages are messages like others");
    }
  } else if (kind === "password-file" || kind === "acl-file") {
    const option = kind.replace("-", "_");
    const file = optionOf(plugin, option);
    if (file === undefined) {
      ledger.close(access, plugin.line, `plugin_opt_${option} is missing`);
    } else {
      needsNone("it is built in", all.filter((line) => line !== file));
    }
  } else if (kind === "go-auth" && goAuth !== null) {
    const unsaid = new Map(goAuth.lost.map(({ line, why }) => [line, why]));
    for (const line of all) {
      const why = unsaid.get(line);
      if (why !== undefined) ledger.close(access, line, why);
      else needsNone("[[auth]] stands for it", [line]);
    }
  } else {
    ledger.close(
      access,
      plugin.line,
      "this plugin has no counterpart here, so no client may enter where it " +
        "decided: each needs a [[user]] first",
    );
    for (const line of plugin.options) {
      ledger.lose(access, line, "it is the plugin's");
    }
  }
}

/** Enters the other lines about access. */
function enterRest(
  { lines, listeners, plugins }: AccessScope,
  access: TomlTable,
  ledger: Ledger,
): void {
  const last = lastOf(lines);
  for (const line of lines) {
    const { name, value } = line;
    if (name === "psk_file") {
      ledger.close(access, line, "TLS is spoken with certificates alone");
    } else if (name === "allow_zero_length_clientid") {
      enterEmptyIds(line, listeners, access, ledger);
    } else if (/auto_id_prefix$/.test(name)) {
      ledger.lose(access, line, "the broker makes ids of its own");
    } else if (isPluginLine(name) && plugins.length === 0) {
      ledger.close(access, line, "no line above it loads a plugin");
    } else if (line !== last(name) && /_file$|^allow_anonymous$/.test(name)) {
      ledger.enter(access, line, needless("it is said again further down"));
    } else if (value === "" && /_file$/.test(name)) {
      ledger.close(access, line, "it names no file");
    }
  }
}

/** A line that is neither yes nor no keeps clients without an id out, too. */
function enterEmptyIds(
  line: ConfigLine,
  listeners: readonly MadeListener[],
  access: TomlTable,
  ledger: Ledger,
): void {
  const read = { isAllowed: false };
  const became = translated((text) => {
    read.isAllowed = yesOrNo(text);
    return needless("as always");
  }, line.value);
  if (became.isLost) ledger.close(access, line, became.note);
  for (const { table } of listeners) {
    if (read.isAllowed) table.delete("assign_client_id");
    else table.set("assign_client_id", false, placeOf(line));
  }
}

/** A client id that does not begin so is refused, at every listener. */
function enterPrefixes(
  { general }: GatheredLines,
  listeners: readonly MadeListener[],
  ledger: Ledger,
): void {
  const line = lastOf(general)("clientid_prefixes");
  if (line === undefined || line.value === "") return;
  for (const { table, isServed } of listeners) {
    if (!isServed) continue;
    ledger.enter(table, line, becomes("client_id_prefixes", [line.value]));
  }
}
