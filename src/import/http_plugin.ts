import { type ConfigLine, placeOf } from "./config_line.ts";
import { TomlTable } from "./toml_table.ts";

/**
 * The `[[auth]]` of type "http" that asks the same server as the plugin
 * mosquitto-go-auth was told to; null when that is not all it was told.
 */
export function httpLink(
  lines: readonly ConfigLine[],
  listeners: readonly string[],
): TomlTable | null {
  const said = (name: string) =>
    lines.findLast((line) => line.name === `auth_opt_${name}`)?.value;
  const host = said("http_host");
  const login = said("http_getuser_uri");
  if (said("backends") !== "http" || !host || !login) return null;
  const scheme = said("http_with_tls") === "true" ? "https" : "http";
  const port = said("http_port");
  const url = (uri: string) =>
    `${scheme}://${host}${port === undefined ? "" : `:${port}`}/` +
    uri.replace(/^\//, "");
  const table = new TomlTable("[[auth]]");
  const first = lines.find(({ name }) => name === "auth_opt_http_host")!;
  table.set("type", "http", placeOf(first));
  table.set("preset", "mosquitto-go-auth");
  table.set("url", url(login));
  const acl = said("http_aclcheck_uri");
  if (acl) table.set("acl_url", url(acl));
  const superuser = said("http_superuser_uri");
  if (superuser) table.set("superuser_url", url(superuser));
  const timeout = Number(said("http_timeout"));
  if (timeout >= 1 && timeout <= 60) table.set("timeout", `${timeout}s`);
  if (listeners.length > 0) table.set("listener", listeners);
  return table;
}
