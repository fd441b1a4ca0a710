import { parseAclFile } from "../read/acl_file.ts";
import { type ConfigLine, placeOf } from "../read/config_line.ts";
import { optionOf, type Plugin } from "../read/plugins.ts";
import { readText } from "../read/read_config.ts";
import { TomlTable } from "../toml/toml_table.ts";

/** Replacement of the plugin mosquitto-go-auth. */
export interface GoAuth {
  /** `[[auth]]` tables in the order of `backends`. */
  readonly links: readonly TomlTable[];
  /** Access rules of the back end `files`. */
  readonly aclFile: ConfigLine | undefined;
  /** True if only `aclFile` or a web server allows anything. */
  readonly deniesByDefault: boolean;
  /** Options without a counterpart, each with the reason. */
  readonly lost: readonly { readonly line: ConfigLine; readonly why: string }[];
}

/** Options that are exact with these values alone, as it is done here. */
const EXACT: Readonly<Record<string, readonly string[]>> = {
  check_prefix: ["false"],
  prefixes: [],
  hasher_salt_encoding: ["base64"],
  files_hasher_salt_encoding: ["base64"],
  use_clientid_as_username: ["false"],
  http_params_mode: ["json"],
  http_response_mode: ["status", "json"],
  http_method: ["POST"],
};

/**
 * Returns what takes the place of mosquitto-go-auth; null where the plugin's
 * settings name no back end that there is here, or something that only it can
 * do.
 */
export async function goAuth(
  plugin: Plugin,
  listeners: readonly string[],
): Promise<GoAuth | null> {
  const backends = optionOf(plugin, "backends");
  if (backends === undefined) return null;
  if (!plugin.options.every(isExact)) return null;
  const names = backends.value.split(",").map((name) => name.trim());
  const links: TomlTable[] = [];
  const unknown: string[] = [];
  let aclFile: ConfigLine | undefined;
  let asksServer = false;
  for (const name of names) {
    const link = name === "http"
      ? httpLink(plugin)
      : name === "files"
      ? filesLink(plugin)
      : null;
    if (link === null) {
      unknown.push(name);
      continue;
    }
    if (name === "http") asksServer = true;
    else aclFile = optionOf(plugin, "files_acl_path");
    if (listeners.length > 0) link.set("listener", listeners);
    links.push(link);
  }
  if (links.length === 0) return null;
  if (aclFile !== undefined && !await isReadAlike(aclFile.value)) return null;
  return {
    links,
    aclFile,
    // Alone and without a list, the back end "files" allows everything.
    deniesByDefault: names.length > 1 && aclFile === undefined && !asksServer,
    lost: unknown.length === 0
      ? []
      : [{ line: backends, why: whyNot(unknown) }],
  };
}

function isExact({ name, value }: ConfigLine): boolean {
  const option = name.replace(/^(plugin|auth)_opt_/, "");
  return !Object.hasOwn(EXACT, option) || EXACT[option].includes(value);
}

function whyNot(unknown: readonly string[]): string {
  const names = unknown.join(", ");
  const hint = unknown.includes("jwt")
    ? '; [[auth]] type = "jwt" takes the token as the password, not as the ' +
      "user name: set it up by hand"
    : "";
  return `there is no back end ${names}: its users are refused${hint}`;
}

/** Null when a mandatory option is missing: the plugin does not start then. */
function httpLink(plugin: Plugin): TomlTable | null {
  const said = (name: string) => optionOf(plugin, `http_${name}`)?.value;
  const host = said("host");
  const login = said("getuser_uri");
  const acl = said("aclcheck_uri");
  if (!host || !login || !acl) return null;
  const scheme = said("with_tls") === "true" ? "https" : "http";
  const port = said("port");
  const url = (uri: string) =>
    `${scheme}://${host}${port === undefined ? "" : `:${port}`}/` +
    uri.replace(/^\//, "");
  const table = new TomlTable("[[auth]]");
  table.set("type", "http", placeOf(optionOf(plugin, "http_host")!));
  table.set("preset", "mosquitto-go-auth");
  table.set("url", url(login));
  table.set("acl_url", url(acl));
  const superuser = said("superuser_uri");
  if (superuser && optionOf(plugin, "disable_superuser")?.value !== "true") {
    table.set("superuser_url", url(superuser));
  }
  const timeout = Number(said("timeout"));
  if (timeout >= 1 && timeout <= 60) table.set("timeout", `${timeout}s`);
  return table;
}

/** Null without a password file: any name that the list knows came in then. */
function filesLink(plugin: Plugin): TomlTable | null {
  const file = optionOf(plugin, "files_password_path");
  if (file === undefined) return null;
  const table = new TomlTable("[[auth]]");
  table.set("type", "password-file");
  table.set("file", file.value, placeOf(file));
  return table;
}

/**
 * Returns whether a list means here at most what it meant to the plugin. There,
 * all that denies comes first; here, a pattern that denies comes behind a
 * user's own rules.
 */
async function isReadAlike(path: string): Promise<boolean> {
  try {
    const { rules } = parseAclFile(await readText(path));
    const isPattern = ({ who }: typeof rules[number]) => who === "everybody";
    return !rules.some((one) => isPattern(one) && one.access === "deny") ||
      !rules.some((one) => !isPattern(one) && one.access !== "deny");
  } catch {
    // Without the file the broker does not start.
    return true;
  }
}
