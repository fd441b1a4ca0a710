import { isBridgeOption } from "../read/bridge_options.ts";
import type { ConfigLine } from "../read/config_line.ts";
import { isPluginLine, loadsPlugin } from "../read/plugins.ts";
import {
  isSecurityOption,
  joinedOptions,
  listenerRules,
} from "./listener_rules.ts";

/** The lines about one listener. */
export interface ListenerLines {
  /** The line that begins it; null for the one that needs none. */
  readonly head: ConfigLine | null;
  readonly lines: ConfigLine[];
  /** Users and rules of this listener alone; may be empty. */
  readonly security: ConfigLine[];
}

/** The last line of a name: it counts, as in Mosquitto. */
export type LastLine = (name: string) => ConfigLine | undefined;

/** Finds the last line of a name among `lines`. */
export function lastOf(lines: readonly ConfigLine[]): LastLine {
  return (name) => lines.findLast((line) => line.name === name);
}

/** The lines of a configuration, by what they are about. */
export interface GatheredLines {
  /** About the whole broker. */
  readonly general: ConfigLine[];
  /** At least one. */
  readonly listeners: readonly ListenerLines[];
  /** Users and rules of all listeners. */
  readonly security: ConfigLine[];
  /** Plugins of all listeners, also with `per_listener_settings`. */
  readonly everywhere: ConfigLine[];
  /** True if each listener has its own `security`. */
  readonly perListener: boolean;
  readonly bridges: ConfigLine[];
  /** True if no line gives an address: then only this machine may connect. */
  readonly isLocalOnly: boolean;
  /** Default of `allow_anonymous`. */
  readonly anonymousByDefault: boolean;
}

/** These do not ask for the listener that needs no line, said like this. */
const USUAL: Readonly<Record<string, string>> = {
  max_connections: "-1",
  max_qos: "2",
  protocol: "mqtt",
  require_certificate: "false",
  use_identity_as_username: "false",
  use_subject_as_username: "false",
  use_username_as_clientid: "false",
  allow_anonymous: "any",
  allow_zero_length_clientid: "true",
  auto_id_prefix: "any",
};

/** Sorts lines by what they are about, as Mosquitto does while it reads. */
export function gather(all: readonly ConfigLine[]): GatheredLines {
  const perListener = all.some(({ name, value }) =>
    name === "per_listener_settings" && /^(true|1)$/.test(value)
  );
  const first: ListenerLines = { head: null, lines: [], security: [] };
  const named: ListenerLines[] = [];
  const general: ConfigLine[] = [];
  const security: ConfigLine[] = [];
  const everywhere: ConfigLine[] = [];
  const bridges: ConfigLine[] = [];
  let plugin: ConfigLine[] | null = null;
  for (const line of all) {
    const listener = named.at(-1) ?? first;
    const { name } = line;
    if (name === "per_listener_settings") continue;
    if (name === "listener") {
      named.push({ head: line, lines: [], security: [] });
    } else if (isSecurityOption(name)) {
      const own = perListener ? listener.security : security;
      if (loadsPlugin(name)) {
        // A plugin may be used at other listeners than where it is loaded.
        const isWide = name === "global_plugin" || name === "plugin_load";
        plugin = isWide ? everywhere : own;
      }
      if (isPluginLine(name)) (plugin ?? own).push(line);
      else if (name === "listener_allow_anonymous") {
        listener.security.push(line);
      } else own.push(line);
    } else if (name === "port" || name === "bind_address") {
      // These are about the first one wherever they stand.
      first.lines.push(line);
    } else if (
      joinedOptions.includes(name) || Object.hasOwn(listenerRules, name)
    ) {
      listener.lines.push(line);
    } else (isBridgeOption(name) ? bridges : general).push(line);
  }
  const asks = [...first.lines, ...first.security].some(isUnusual);
  const isAddressed = named.length > 0 ||
    first.lines.some(({ name }) => name === "port" || name === "bind_address");
  return {
    general,
    listeners: asks || named.length === 0 ? [first, ...named] : named,
    security,
    everywhere,
    perListener,
    bridges,
    isLocalOnly: !isAddressed && !asks,
    anonymousByDefault: !isAddressed,
  };
}

function isUnusual({ name, value }: ConfigLine): boolean {
  return USUAL[name] !== "any" && USUAL[name] !== value;
}
