import type { AccessScope } from "./access_scope.ts";
import { parseAclFile } from "../read/acl_file.ts";
import type { ConfigLine } from "../read/config_line.ts";
import { ImportError } from "../read/import_error.ts";
import type { Ledger } from "../toml/ledger.ts";
import { readText } from "../read/read_config.ts";
import { TomlTable } from "../toml/toml_table.ts";
import { becomes } from "../toml/translation.ts";

/** Result for access control lists. */
export interface AclTables {
  readonly tables: readonly TomlTable[];
  /** Scopes whose rules are about user names that nothing proves. */
  readonly unproved: ReadonlySet<AccessScope>;
}

/**
 * Access rules stay in their files: one that holds everywhere goes to
 * `access`, those of single listeners to `[[acl]]` tables.
 */
export async function aclTables(
  scopes: readonly AccessScope[],
  access: TomlTable,
  ledger: Ledger,
): Promise<AclTables> {
  const tables: TomlTable[] = [];
  const unproved = new Set<AccessScope>();
  for (const scope of scopes) {
    const { aclFile } = scope;
    if (aclFile !== undefined && await mindsNames(scope, access, ledger)) {
      unproved.add(scope);
      ledger.close(
        access,
        aclFile,
        "its rules are about user names, which nothing proves: clients with " +
          "a user name are refused before an [[auth]] knows them",
      );
    }
    enterOthers(scope, access, ledger);
  }
  const files = new Set(scopes.map(({ aclFile }) => aclFile?.value));
  const [only] = files;
  const isSame = files.size <= 1 && !scopes.some(deniesRest);
  if (!isSame) {
    for (const scope of scopes) tables.push(tableOf(scope, ledger));
  } else if (only !== undefined) {
    const line = scopes[0].aclFile!;
    ledger.enter(access, line, becomes("acl_file", [only]));
  }
  return { tables, unproved };
}

function deniesRest({ goAuth }: AccessScope): boolean {
  return goAuth?.deniesByDefault === true;
}

/** Returns the rules of one scope; all is allowed where there is no list. */
function tableOf(scope: AccessScope, ledger: Ledger): TomlTable {
  const { aclFile, names } = scope;
  const table = new TomlTable("[[acl]]");
  if (names.length > 0) table.set("listener", names);
  if (aclFile !== undefined) {
    ledger.enter(table, aclFile, becomes("file", aclFile.value));
    return table;
  }
  table.set("topic", ["#", "$SYS/#"]);
  if (deniesRest(scope)) {
    table.set("permission", "deny");
    table.comment(
      "None of the plugin's back ends that there are here said who may do what.",
    );
  } else table.comment("No acl_file was said for this listener.");
  return table;
}

/** Lists besides the one that decides. */
function enterOthers(
  { lines, plugins, aclFile, goAuth }: AccessScope,
  access: TomlTable,
  ledger: Ledger,
): void {
  const own = lines.findLast(({ name }) => name === "acl_file");
  const others = plugins.filter(({ kind }) => kind === "acl-file")
    .flatMap(({ options }) => options)
    .filter(({ name }) => name === "plugin_opt_acl_file");
  for (const line of [own, ...others, goAuth?.aclFile]) {
    if (line === undefined || line === aclFile) continue;
    ledger.close(access, line, `${aclFile!.value} alone decides`);
  }
}

/**
 * Returns whether rules depend on user names where any name comes in unproved.
 * Tells of a list that cannot be read: the broker does not start with it.
 */
async function mindsNames(
  scope: AccessScope,
  access: TomlTable,
  ledger: Ledger,
): Promise<boolean> {
  const aclFile = scope.aclFile as ConfigLine;
  try {
    const { rules, misread } = parseAclFile(await readText(aclFile.value));
    if (misread.length > 0) {
      ledger.close(
        access,
        aclFile,
        `line ${misread[0]} is no rule; neither Mosquitto nor Dunlin starts ` +
          "with it",
      );
    }
    const isProved = ({ isCertified }: typeof scope.listeners[number]) =>
      isCertified;
    if (
      scope.passwordFiles.length > 0 || scope.open.size === 0 ||
      [...scope.open].every(isProved)
    ) return false;
    return rules.some(({ who, topic }) =>
      who !== "everybody" || topic.includes("%u")
    );
  } catch (error) {
    if (!(error instanceof ImportError)) throw error;
    ledger.close(access, aclFile, `${error.message}; the broker needs it`);
    return false;
  }
}
