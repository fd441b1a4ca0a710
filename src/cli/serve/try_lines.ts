import type { Settings } from "../../config/mod.ts";
import type { Readiness } from "../console/ready_file.ts";
import { reachable } from "../running/reachable.ts";

/** Credentials that `mosquitto_pub` needs; null where it cannot connect. */
export type Login = "nothing" | "password" | null;

/** A listener, as far as a line to try it depends on it. */
export interface Tried {
  readonly login: Login;
  /** True if a program of this machine reaches it without a proxy. */
  readonly isNear: boolean;
  /** True if rules decide which topics may be used. */
  readonly hasRules: boolean;
  /** The option for another version than 3.1.1, which clients speak first. */
  readonly version: string;
}

/** Returns how the listener with this index can be tried. */
export function triedOf(settings: Settings, index: number): Tried {
  const { acl, access, auth } = settings;
  const listener = settings.listener[index];
  const { versions } = listener;
  return {
    login: loginOf(settings, index),
    isNear: listener.allowed_networks.length === 0 && !listener.proxy_protocol,
    hasRules: acl.length > 0 || access.acl_file.length > 0 ||
      auth.some((one) =>
        one.acl_url !== "" || one.acl_claim !== "" ||
        (one.type === "http" && one.preset === "dunlin")
      ),
    version: versions.includes("3.1.1")
      ? ""
      : versions.includes("5.0")
      ? " -V mqttv5"
      : " -V mqttv31",
  };
}

function loginOf({ auth, listener }: Settings, index: number): Login {
  const { name, allow_anonymous } = listener[index];
  if (allow_anonymous) return "nothing";
  const types = auth.filter((one) =>
    one.listener.length === 0 || one.listener.includes(name)
  ).map(({ type }) => type);
  if (types.includes("anonymous")) return "nothing";
  // Neither SCRAM nor a certificate can be given beside a plain password.
  return types.some((type) =>
      ["password-file", "users", "http", "jwt"].includes(type)
    )
    ? "password"
    : null;
}

/** Returns what to write in place of the words in capitals, after "Try it". */
export function wanted({ login, hasRules }: Tried): string {
  const words = [
    ...login === "password" ? ["NAME", "PASSWORD"] : [],
    ...hasRules ? ["TOPIC"] : [],
  ];
  if (words.length === 0) return "";
  const last = words.pop();
  return words.length === 0
    ? ` with a ${last} of yours`
    : ` with ${words.join(", ")} and ${last} of yours`;
}

/**
 * Returns the lines to paste: one that waits, one that sends. `options` go
 * before those that say where.
 */
export function tryLines(
  { bind, port }: Pick<Readiness["listeners"][number], "bind" | "port">,
  { login, hasRules, version }: Tried,
  options = "",
): string[] {
  const credentials = login === "password" ? " -u NAME -P PASSWORD" : "";
  const where = `${options} -h ${reachable(bind)} -p ${port}${version}` +
    `${credentials} -t ${hasRules ? "TOPIC" : "hello"}`;
  return [`  mosquitto_sub${where}`, `  mosquitto_pub${where} -m world`];
}

/** Returns a path as a shell takes it for one word. */
export function pasted(path: string): string {
  return /^[\w./@%+=:,-]+$/.test(path)
    ? path
    : `'${path.replaceAll("'", "'\\''")}'`;
}
