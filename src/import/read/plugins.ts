import type { ConfigLine } from "./config_line.ts";

/** Task of a plugin, as far as it has a counterpart. */
export type PluginKind =
  | "password-file"
  | "acl-file"
  | "persistence"
  | "sparkplug"
  | "go-auth"
  | "unknown";

/** A plugin that a configuration loads. */
export interface Plugin {
  readonly kind: PluginKind;
  /** The line that loads it. */
  readonly line: ConfigLine;
  /** Its `plugin_opt_*` and `auth_opt_*` lines, and the `plugin_use` lines. */
  readonly options: readonly ConfigLine[];
}

/** Names of plugins' files, without folder, and what they do. */
const KINDS: readonly (readonly [RegExp, PluginKind])[] = [
  [/^mosquitto_password_file\.(so|dll)$/, "password-file"],
  [/^mosquitto_acl_file\.(so|dll)$/, "acl-file"],
  [/^mosquitto_persist_sqlite\.(so|dll)$/, "persistence"],
  [/^mosquitto_sparkplug_aware\.(so|dll)$/, "sparkplug"],
  [/^(mosquitto-)?go-auth\.(so|dll)$/, "go-auth"],
];

/** Returns whether a line loads a plugin. */
export function loadsPlugin(name: string): boolean {
  return /^((global_|auth_)?plugin|plugin_load)$/.test(name);
}

/** Returns whether a line is about a plugin. */
export function isPluginLine(name: string): boolean {
  return loadsPlugin(name) || name === "plugin_use" ||
    name === "auth_plugin_deny_special_chars" ||
    /^(plugin|auth)_opt_/.test(name);
}

/**
 * Returns the plugins of these lines; an option is about the plugin above it.
 */
export function pluginsOf(lines: readonly ConfigLine[]): Plugin[] {
  const plugins: (Plugin & { options: ConfigLine[] })[] = [];
  for (const line of lines) {
    if (loadsPlugin(line.name)) {
      plugins.push({ kind: kindOf(line), line, options: [] });
    } else if (isPluginLine(line.name)) plugins.at(-1)?.options.push(line);
  }
  return plugins;
}

/** Returns the last line of an option, by its name without `plugin_opt_`. */
export function optionOf(
  { options }: Plugin,
  name: string,
): ConfigLine | undefined {
  return options.findLast((line) =>
    line.name.replace(/^(plugin|auth)_opt_/, "") === name
  );
}

function kindOf({ name, value }: ConfigLine): PluginKind {
  // `plugin_load` names the plugin before its file.
  const path = name === "plugin_load" ? value.replace(/^\S+\s+/, "") : value;
  const file = path.slice(path.lastIndexOf("/") + 1);
  return KINDS.find(([pattern]) => pattern.test(file))?.[1] ?? "unknown";
}
