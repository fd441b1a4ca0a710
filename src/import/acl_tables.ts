import type { AccessScope } from "./access_scope.ts";
import { type AclLine, parseAclFile } from "./acl_file.ts";
import { ImportError } from "./import_error.ts";
import type { Ledger } from "./ledger.ts";
import { readText } from "./read_config.ts";
import { TomlTable } from "./toml_table.ts";
import { becomes, lost, needless } from "./translation.ts";

/** A list of more rules is better kept in its file. */
const MOST_RULES = 10_000;

const ACTIONS = {
  read: "subscribe",
  write: "publish",
  readwrite: "all",
  deny: "all",
} as const;

/**
 * Access rules: a list that holds everywhere stays in its file, which goes to
 * `access`; those of single listeners become `[[acl]]` tables.
 */
export async function aclTables(
  scopes: readonly AccessScope[],
  access: TomlTable,
  ledger: Ledger,
): Promise<TomlTable[]> {
  const files = new Set(scopes.map(({ aclFile }) => aclFile?.value));
  const [only] = files;
  if (files.size <= 1) {
    const line = scopes[0]?.aclFile;
    if (only !== undefined && line !== undefined) {
      ledger.enter(access, line, becomes("acl_file", [only]));
    }
    return [];
  }
  const tables: TomlTable[] = [];
  for (const scope of scopes) tables.push(...await tablesOf(scope, ledger));
  return tables;
}

async function tablesOf(
  { aclFile, names }: AccessScope,
  ledger: Ledger,
): Promise<TomlTable[]> {
  if (aclFile === undefined) {
    const table = new TomlTable("[[acl]]");
    table.set("listener", names);
    table.set("topic", ["#", "$SYS/#"]);
    table.comment("No acl_file was said for this listener.");
    return [table];
  }
  const head = new TomlTable("[[acl]]");
  try {
    const { rules, misread } = parseAclFile(await readText(aclFile.value));
    if (rules.length > MOST_RULES) {
      ledger.lose(head, aclFile, `it has more than ${MOST_RULES} rules`);
      return [head];
    }
    const skipped = misread.length === 0
      ? ""
      : `; Mosquitto would not have read its line ${misread[0]}`;
    ledger.enter(
      head,
      aclFile,
      needless(
        `its rules are here, for this listener; the file is not read${skipped}`,
      ),
    );
    return [
      head,
      ...rules.map((rule) => tableOf(rule, aclFile.value, names, ledger)),
    ];
  } catch (error) {
    if (!(error instanceof ImportError)) throw error;
    ledger.enter(
      head,
      aclFile,
      lost(`${error.message}; at this listener nothing is allowed`),
    );
    return [head];
  }
}

function tableOf(
  { number, who, access, topic }: AclLine,
  file: string,
  names: readonly string[],
  ledger: Ledger,
): TomlTable {
  const table = new TomlTable("[[acl]]");
  const fault = faultOf(topic, who === "everybody");
  if (fault !== null) {
    const line = { file, number, name: access, value: topic };
    ledger.lose(table, line, fault);
    return table;
  }
  table.set("listener", names);
  if (typeof who === "object") table.set("user", who.user);
  else if (who === "anonymous") table.set("anonymous", true);
  table.set("action", ACTIONS[access]);
  table.set("topic", topic, `${file}:${number}`);
  if (access === "deny") table.set("permission", "deny");
  return table;
}

/** Why a topic cannot be one of an `[[acl]]`; null when it can. */
function faultOf(topic: string, isPattern: boolean): string | null {
  const levels = topic.split("/");
  if (levels.some((level) => /%[uc]/.test(level))) {
    if (!isPattern) return "here %u and %c would stand for names";
    if (levels.some((level) => /%[uc]/.test(level) && level.length > 2)) {
      return "%u and %c stand for a whole level";
    }
  }
  const isFilter = levels.every((level, index) =>
    level === "+" || (level === "#" && index === levels.length - 1) ||
    !/[+#]/.test(level)
  );
  return isFilter ? null : "this is no topic filter";
}
