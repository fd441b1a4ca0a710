import { join } from "node:path";
import { type ConfigLine, placeOf } from "../read/config_line.ts";
import { type LastLine, lastOf, type ListenerLines } from "../rules/gather.ts";
import { enterAddress } from "./listener_address.ts";
import {
  isMountPoint,
  joinedOptions,
  listenerRules,
} from "../rules/listener_rules.ts";
import type { Ledger } from "../toml/ledger.ts";
import { isSentAlong } from "./sent_along.ts";
import { TomlTable } from "../toml/toml_table.ts";
import {
  becomes,
  becomesAll,
  needless,
  translated,
  yesOrNo,
} from "../toml/translation.ts";

const NOT_SENT_ALONG =
  "Mosquitto also sends the certificate above certfile from here; append it " +
  "to certfile, else clients that know the root alone refuse the broker";

/** A listener as it is now. */
export interface MadeListener {
  /** Its name; unique. */
  readonly name: string;
  readonly table: TomlTable;
  /** False if a line asked for something that the broker cannot do. */
  readonly isServed: boolean;
  /** True if clients have the user name of their certificate. */
  readonly isCertified: boolean;
  /** The lines about it. */
  readonly lines: ListenerLines;
}

/** Names and defaults that place a listener among the others. */
export interface ListenerPlace {
  /** Names that are taken; the new one's is added. */
  readonly names: Set<string>;
  /** True if a listener without an address is for this machine alone. */
  readonly isLocalOnly: boolean;
}

/** Makes a `[[listener]]` of what was said of one. */
export async function listenerTable(
  lines: ListenerLines,
  { names, isLocalOnly }: ListenerPlace,
  ledger: Ledger,
): Promise<MadeListener> {
  const table = new TomlTable("[[listener]]");
  const last = lastOf(lines.lines);
  const isTls = last("certfile") !== undefined && last("keyfile") !== undefined;
  const fault = faultOf(lines, last, isTls);
  if (fault !== null) {
    if (lines.head !== null && fault.line !== lines.head) {
      table.comment(`${placeOf(lines.head)}: listener ${lines.head.value}`);
    }
    ledger.close(table, fault.line, `this listener is left out: ${fault.why}`);
    return { name: "", table, isServed: false, isCertified: false, lines };
  }
  const type = typeOf(lines, last, isTls);
  const name = freeName(type, lines, names);
  table.set("name", name);
  table.set("type", type, lines.head === null ? "" : placeOf(lines.head));
  await enterAddress(table, lines, last, isLocalOnly, ledger);
  if (type === "websocket" || type === "wss") table.set("path", "*");
  const isProxied = !isTls && last("enable_proxy_protocol")?.value === "2";
  const isCertified = isTls
    ? await enterTls(table, last, ledger)
    : isProxied && enterProxyTls(table, last, ledger);
  enterOrigins(lines, table);
  for (const line of lines.lines) {
    const { name, value } = line;
    if (Object.hasOwn(listenerRules, name)) {
      ledger.enter(table, line, translated(listenerRules[name], value));
    } else if (isProxied && TOLD_BY_PROXY.includes(name)) {
      continue;
    } else if (name === "proxy_protocol_v2_require_tls") {
      ledger.enter(
        table,
        line,
        needless("it was about headers of version 2, without TLS here"),
      );
    } else if (!isTls && isOfTls(name)) {
      ledger.enter(
        table,
        line,
        needless("without certfile and keyfile there was no TLS"),
      );
    } else if (line !== last(name) && name !== "websockets_origin") {
      ledger.enter(table, line, needless("it is said again further down"));
    }
  }
  return { name, table, isServed: true, isCertified, lines };
}

/** Each line names one more origin that may connect. */
function enterOrigins({ lines }: ListenerLines, table: TomlTable): void {
  const said = lines.filter(({ name }) => name === "websockets_origin");
  if (said.length === 0) return;
  table.set(
    "allowed_origins",
    said.map(({ value }) => value),
    said.map(placeOf).join(", "),
  );
}

/** Why a listener cannot be served; null when it can. */
function faultOf(
  { head }: ListenerLines,
  last: LastLine,
  isTls: boolean,
): { readonly line: ConfigLine; readonly why: string } | null {
  const psk = last("psk_hint");
  if (psk !== undefined && !isTls) {
    // In the clear, what was encrypted would be there for everybody to read.
    const why = "TLS is spoken with certificates, not with shared keys";
    return { line: psk, why };
  }
  const protocol = last("protocol");
  if (protocol?.value === "http_api") {
    return { line: protocol, why: "there is no such API" };
  }
  if (protocol !== undefined && !/^(mqtt|websockets)$/.test(protocol.value)) {
    return { line: protocol, why: "it is neither mqtt nor websockets" };
  }
  const port = head ?? last("port");
  if (port !== undefined && !hasPort(port)) {
    return { line: port, why: "it names no port from 1 to 65535" };
  }
  const mount = last("mount_point");
  if (mount !== undefined && !isMountPoint(mount.value)) {
    // Without it, clients would be among those it kept them apart from.
    return { line: mount, why: "no topic here can begin with it" };
  }
  return null;
}

/**
 * Returns whether a `listener` or `port` line names a port, or a socket's file.
 */
function hasPort({ name, value }: ConfigLine): boolean {
  if (name === "listener" && /^0\s+\//.test(value)) return true;
  const port = /^(\d{1,5})(\s|$)/.exec(value)?.[1];
  return port !== undefined && Number(port) >= 1 && Number(port) <= 65_535;
}

/** Settings that a PROXY header of version 2 replaces: the proxy speaks TLS. */
const TOLD_BY_PROXY: readonly string[] = [
  "proxy_protocol_v2_require_tls",
  "require_certificate",
  "use_identity_as_username",
];

/** Tells whether clients have the user name that the proxy tells. */
function enterProxyTls(
  table: TomlTable,
  last: LastLine,
  ledger: Ledger,
): boolean {
  const [tls, certificate, name] = TOLD_BY_PROXY.map((option) =>
    isTrue(option, table, last, ledger) ? last(option)! : null
  );
  const asked = certificate ?? tls;
  if (asked !== null) {
    const value = certificate === null ? "tls" : "certificate";
    ledger.enter(table, asked, becomes("proxy_client_tls", value));
  }
  if (name !== null) {
    ledger.enter(table, name, becomes("proxy_username", true));
  }
  return name !== null;
}

/** Reads a yes or no; what is neither is entered as lost. */
function isTrue(
  name: string,
  table: TomlTable,
  last: LastLine,
  ledger: Ledger,
): boolean {
  const line = last(name);
  const read = { yes: false };
  if (line === undefined) return false;
  const became = translated((value) => {
    read.yes = yesOrNo(value);
    return needless(read.yes ? "see below" : "off, as always");
  }, line.value);
  if (became.isLost) ledger.enter(table, line, became);
  return read.yes;
}

function isOfTls(name: string): boolean {
  const others = [
    "port",
    "bind_address",
    "bind_interface",
    "socket_domain",
    "protocol",
    "websockets_origin",
  ];
  return joinedOptions.includes(name) && !others.includes(name);
}

function typeOf(
  { head }: ListenerLines,
  last: LastLine,
  isTls: boolean,
): "tcp" | "tls" | "websocket" | "wss" | "unix" {
  if (head !== null && /^0\s+\//.test(head.value)) return "unix";
  if (last("protocol")?.value === "websockets") {
    return isTls ? "wss" : "websocket";
  }
  return isTls ? "tls" : "tcp";
}

function freeName(
  type: string,
  { head }: ListenerLines,
  names: Set<string>,
): string {
  const port = /^[1-9]\d*/.exec(head?.value ?? "")?.[0];
  const base = port === undefined ? type : `${type}-${port}`;
  let name = base;
  for (let count = 2; names.has(name); count++) name = `${base}-${count}`;
  names.add(name);
  return name;
}

/** Tells whether clients have the user name of their certificate. */
async function enterTls(
  table: TomlTable,
  last: LastLine,
  ledger: Ledger,
): Promise<boolean> {
  const isYes = (name: string) => isTrue(name, table, last, ledger);
  for (const [option, key] of [["certfile", "cert"], ["keyfile", "key"]]) {
    const line = last(option)!;
    ledger.enter(table, line, becomes(key, line.value));
  }
  const above = last("cafile");
  const isLost = above !== undefined &&
    await isSentAlong(above.value, last("certfile")!.value);
  if (isLost) ledger.lose(table, above, NOT_SENT_ALONG);
  const byCn = isYes("use_identity_as_username");
  const isCertified = byCn || isYes("use_subject_as_username");
  const psk = last("psk_hint");
  if (psk !== undefined) {
    ledger.close(table, psk, "TLS is spoken with certificates alone");
  }
  const files = ["cafile", "capath", "crlfile"].map(last)
    .filter((line) => line !== undefined);
  // Without a certificate no client could get a user name from it.
  if (!isYes("require_certificate") && !isCertified) {
    for (const line of files) {
      if (line === above && isLost) continue;
      ledger.enter(
        table,
        line,
        needless("clients are not asked for certificates here"),
      );
    }
    return false;
  }
  const asked = last("require_certificate") ?? last("use_identity_as_username");
  table.set(
    "client_certificates",
    "required",
    asked === undefined ? "" : placeOf(asked),
  );
  await enterAuthorities(table, last, ledger);
  if (isCertified) {
    const source = last(
      byCn ? "use_identity_as_username" : "use_subject_as_username",
    )!;
    ledger.enter(
      table,
      source,
      becomes("username_from", byCn ? "cn" : "subject"),
    );
  }
  return isCertified;
}

async function enterAuthorities(
  table: TomlTable,
  last: LastLine,
  ledger: Ledger,
): Promise<void> {
  const [file, path, crl] = ["cafile", "capath", "crlfile"].map(last);
  const authorities = file === undefined ? [] : [file.value];
  if (path !== undefined) {
    const found = await hashedIn(path.value);
    if (found === null || found.length === 0) {
      ledger.close(
        table,
        path,
        found === null
          ? "this folder cannot be read: name its files in ca"
          : "it has no file that is named for its hash, as openssl rehash " +
            "does it: name files in ca",
      );
    } else authorities.push(...found);
  }
  if (authorities.length > 0) {
    const note = path === undefined
      ? ""
      : "files that come to capath later have to be named here, too";
    table.set("ca", authorities, placeOf((file ?? path)!), note);
  }
  if (authorities.length === 0) {
    // Else `dunlin ca` would issue certificates for this listener.
    table.set("client_certificates", "authorized");
    table.comment("No authority is known: add ca, or authorize certificates.");
  }
  if (crl === undefined) return;
  if (await isForeignList(crl.value, authorities)) {
    table.set("client_certificates", "authorized");
    ledger.close(
      table,
      crl,
      "it is of none of the authorities, so that Mosquitto refuses every " +
        "certificate: name their own lists in crl, or authorize certificates",
    );
    return;
  }
  ledger.enter(
    table,
    crl,
    becomesAll([
      { key: "crl", value: [crl.value] },
      { key: "crl_expired", value: "refuse" },
      { key: "crl_missing", value: "refuse" },
    ]),
  );
}

/**
 * Returns whether the revocation list `path` is of another authority than
 * these.
 */
async function isForeignList(
  path: string,
  authorities: readonly string[],
): Promise<boolean> {
  const { ForeignListError, loadAuthorities, loadRevocations } = await import(
    "../../security/certificates/mod.ts"
  );
  try {
    await loadRevocations(path, await loadAuthorities(authorities));
    return false;
  } catch (error) {
    // Of all other faults the start tells.
    return error instanceof ForeignListError;
  }
}

/**
 * Returns the certificates of a folder that OpenSSL finds: named for the hash
 * of their subject, and numbered from 0. Null when the folder cannot be read.
 */
async function hashedIn(folder: string): Promise<string[] | null> {
  const names = new Set<string>();
  try {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      if (!isDirectory && /^[\da-f]{8}\.\d+$/.test(name)) names.add(name);
    }
  } catch {
    return null;
  }
  const isReached = (name: string) => {
    const [hash, number] = name.split(".");
    if (`${Number(number)}` !== number) return false;
    for (let below = 0; below < Number(number); below++) {
      if (!names.has(`${hash}.${below}`)) return false;
    }
    return true;
  };
  return [...names].filter(isReached).sort().map((name) => join(folder, name));
}
