import type { AccessScope } from "./access_scope.ts";
import { type ConfigLine, placeOf } from "../read/config_line.ts";
import { type GatheredLines, lastOf } from "../rules/gather.ts";
import { goAuth } from "../rules/go_auth.ts";
import type { Ledger } from "../toml/ledger.ts";
import type { MadeListener } from "../listeners/listener_tables.ts";
import { optionOf, type Plugin, pluginsOf } from "../read/plugins.ts";
import type { TomlTable } from "../toml/toml_table.ts";
import { needless, translated, yesOrNo } from "../toml/translation.ts";

/** One scope for all listeners, or one for each. */
export async function scopesOf(
  gathered: GatheredLines,
  all: readonly MadeListener[],
  access: TomlTable,
  ledger: Ledger,
): Promise<AccessScope[]> {
  const served = all.filter(({ isServed }) => isServed);
  const { everywhere, security, perListener, anonymousByDefault } = gathered;
  const groups = perListener
    ? served.map((one) => ({
      lines: [...everywhere, ...one.lines.security],
      listeners: [one],
      names: [one.name],
    }))
    : [{ lines: [...everywhere, ...security], listeners: served, names: [] }];
  const scopes: AccessScope[] = [];
  for (const { lines, listeners, names } of groups) {
    const last = lastOf(lines);
    const open = new Set<MadeListener>();
    for (const listener of listeners) {
      const said = lastOf(listener.lines.security)(
        "listener_allow_anonymous",
      ) ?? last("allow_anonymous");
      const isOpen = said === undefined
        ? anonymousByDefault
        : readOpen(said, access, ledger);
      if (isOpen) open.add(listener);
      const place = said === undefined ? "" : placeOf(said);
      listener.table.set("allow_anonymous", isOpen, place);
    }
    const scope = { listeners, names, lines, open, plugins: pluginsOf(lines) };
    scopes.push({ ...scope, ...await decidersOf(scope) });
  }
  return scopes;
}

/**
 * Returns whether clients without a user name may enter; not if it is misread.
 */
function readOpen(
  line: ConfigLine,
  access: TomlTable,
  ledger: Ledger,
): boolean {
  const read = { isOpen: false };
  const became = translated((value) => {
    read.isOpen = yesOrNo(value);
    return needless("");
  }, line.value);
  if (became.isLost) ledger.close(access, line, became.note);
  return read.isOpen;
}

type Undecided = Pick<
  AccessScope,
  "lines" | "names" | "open" | "listeners" | "plugins"
>;

/** Finds what decides who may enter and do what; a plugin shuts listeners. */
async function decidersOf(
  { lines, names, open, listeners, plugins }: Undecided,
): Promise<
  Pick<AccessScope, "open" | "passwordFiles" | "aclFile" | "goAuth" | "isShut">
> {
  const last = lastOf(lines);
  const files = (kind: Plugin["kind"], option: string) =>
    plugins.filter((one) => one.kind === kind)
      .map((plugin) => optionOf(plugin, option));
  const passwords = files("password-file", "password_file");
  const lists = files("acl-file", "acl_file");
  const go = plugins.filter(({ kind }) => kind === "go-auth");
  const replaced = go.length === 1 ? await goAuth(go[0], names) : null;
  const isShut = (go.length > 0 && replaced === null) ||
    plugins.some(({ kind }) => kind === "unknown") ||
    [...passwords, ...lists].includes(undefined);
  const asks = isShut || replaced !== null;
  if (asks) {
    for (const { table } of listeners) table.set("allow_anonymous", false);
  }
  const isThere = (line: ConfigLine | undefined) => line !== undefined;
  return {
    // A plugin is asked about clients without a user name, too.
    open: asks ? new Set() : open,
    passwordFiles: [last("password_file"), ...passwords].filter(isThere),
    aclFile: [last("acl_file"), ...lists, replaced?.aclFile].find(isThere),
    goAuth: replaced,
    isShut,
  };
}
