import { hostAndPort } from "../../network/mod.ts";
import type { Readiness } from "../console/ready_file.ts";
import { reachable } from "../running/reachable.ts";
import { pasted, type Tried, tryLines, wanted } from "./try_lines.ts";

/** Facts of the start report. */
export interface StartReport {
  readonly version: string;
  readonly listeners: (Readiness["listeners"][number] & {
    /** Facts for the line to try it. */
    readonly tried: Tried;
    /** WebSocket only: the path clients connect to. */
    readonly path?: string;
    /** True if clients without a certificate are refused. */
    readonly asksCertificate?: boolean;
    /** The file that makes clients trust an automatic certificate. */
    readonly trust?: { readonly file: string; readonly isSelfSigned: boolean };
  })[];
  /** The storage's mode, and where it is. */
  readonly storage: string;
  /** The profile and why; undefined for the standard one. */
  readonly profile?: string;
  /** The configuration file; undefined when none was named. */
  readonly file?: string;
  /** The admin page; undefined where it is off. */
  readonly admin?: {
    readonly bind: string;
    readonly port: number;
    readonly isTls: boolean;
    /** The file by which clients trust it; null where none does. */
    readonly trustFile: string | null;
    /** The first user, where this start has made it. */
    readonly first: {
      readonly user: string;
      readonly password: string;
      readonly link: string;
    } | null;
  };
  /** A file lies here under the usual name, but was not named. */
  readonly isFilePassedOver: boolean;
}

/** Returns what is shown once the broker accepts connections. */
export function startReport(report: StartReport): string {
  const lines = [`Dunlin ${report.version} is ready`];
  for (const listener of report.listeners) {
    const waits = listener.isWaiting
      ? "  (this address is not there yet; tried again every 5 s)"
      : "";
    lines.push(`  ${listener.name.padEnd(10)} ${urlOf(listener)}${waits}`);
  }
  if (report.admin !== undefined) lines.push(adminLine(report.admin));
  lines.push(`  storage    ${report.storage}`);
  if (report.profile !== undefined) {
    lines.push(`  profile    ${report.profile}`);
  }
  const file = report.file ??
    (report.isFilePassedOver
      ? "defaults; ./dunlin.toml is not read, name it with --config"
      : "defaults");
  lines.push(`  settings   ${file}`);
  const plain = report.listeners.find(({ type, tried, isWaiting }) =>
    type === "tcp" && !isWaiting && tried.isNear && tried.login !== null
  );
  if (plain !== undefined) {
    lines.push(
      "",
      `Try it${wanted(plain.tried)}, each line in a terminal of its own:`,
      ...tryLines(plain, plain.tried),
    );
  }
  lines.push(...trustLines(report), ...loginLines(report));
  lines.push("", "Ctrl+C stops it.", "");
  return lines.join("\n");
}

/** Returns the address of the admin page, with a slash at the end. */
export function adminUrl(
  { bind, port, isTls }: Pick<
    NonNullable<StartReport["admin"]>,
    "bind" | "port" | "isTls"
  >,
): string {
  const scheme = isTls ? "https" : "http";
  return `${scheme}://${hostAndPort(reachable(bind), port)}/`;
}

function adminLine(admin: NonNullable<StartReport["admin"]>): string {
  const { trustFile } = admin;
  const trust = trustFile === null ? "" : `  (trusted by ${trustFile})`;
  return `  admin      ${adminUrl(admin)}${trust}`;
}

/** Returns the report of an admin page that a reload has turned on. */
export function adminReport(admin: NonNullable<StartReport["admin"]>): string {
  return [adminLine(admin), ...loginLines({ admin }), "", ""].join("\n");
}

/** Returns how the first user logs in; these secrets are shown only once. */
function loginLines({ admin }: Pick<StartReport, "admin">): string[] {
  if (admin === undefined || admin.first === null) return [];
  const { user, password, link } = admin.first;
  return [
    "",
    "The admin page has a new user, shown only now. This link logs in once, within",
    "15 minutes:",
    `  ${adminUrl(admin)}login?link=${link}`,
    `  user ${user}, password ${password}`,
  ];
}

/**
 * Returns how clients come to trust the first listener that needs to be
 * trusted.
 */
function trustLines({ listeners, file: settings }: StartReport): string[] {
  const made = listeners.filter(({ trust }) => trust !== undefined);
  const listener = made.find(({ type }) => type === "tls") ?? made[0];
  if (listener?.trust === undefined) return [];
  const { name, type, tried, trust: { file, isSelfSigned } } = listener;
  const what = isSelfSigned
    ? `The certificate of ${name} is signed by itself, as the authority's ` +
      "private key is not here. Clients trust it"
    : `The certificate of ${name} is from the broker's own authority. ` +
      "Clients trust it";
  if (listener.asksCertificate) {
    // Another file may name another authority.
    const named = settings === undefined ? "" : ` --config ${pasted(settings)}`;
    return [
      "",
      `${what} by this file, and need a certificate of their own:`,
      `  ${file}`,
      `  dunlin cert issue NAME${named}   (its README.md has the lines to connect)`,
    ];
  }
  if (type !== "tls" || !tried.isNear || tried.login === null) {
    return ["", `${what} by this file:`, `  ${file}`];
  }
  return [
    "",
    `${what} like this${wanted(tried)}:`,
    ...tryLines(listener, tried, ` --cafile ${pasted(file)}`),
  ];
}

/** Schemes that clients know these by. */
const SCHEMES: Readonly<Record<string, string>> = {
  tcp: "mqtt",
  tls: "mqtts",
  websocket: "ws",
  wss: "wss",
};

function urlOf(listener: StartReport["listeners"][number]): string {
  if (listener.type === "unix") return listener.bind;
  const where = hostAndPort(listener.bind, listener.port);
  const isWebSocket = ["websocket", "wss"].includes(listener.type);
  const path = isWebSocket && listener.path !== "*" ? listener.path ?? "" : "";
  return `${SCHEMES[listener.type]}://${where}${path}`;
}
