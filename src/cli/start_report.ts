import type { Readiness } from "./ready_file.ts";

/** What the start report speaks of. */
export interface StartReport {
  readonly version: string;
  readonly listeners: (Readiness["listeners"][number] & {
    /** WebSocket only: the path clients connect to. */
    readonly path?: string;
    /** Whether clients without a certificate are refused. */
    readonly asksCertificate?: boolean;
    /** How to trust a certificate that the broker has made itself. */
    readonly trust?: { readonly file: string; readonly isSelfSigned: boolean };
  })[];
  /** The storage's mode, and where it is. */
  readonly storage: string;
  /** The configuration file; undefined when none was named. */
  readonly file?: string;
  /** A file lies here under the usual name, but was not named. */
  readonly isFilePassedOver: boolean;
}

/** What is shown once the broker accepts connections. */
export function startReport(report: StartReport): string {
  const lines = [`Dunlin ${report.version} is ready`];
  for (const listener of report.listeners) {
    lines.push(`  ${listener.name.padEnd(10)} ${urlOf(listener)}`);
  }
  lines.push(`  storage    ${report.storage}`);
  const file = report.file ??
    (report.isFilePassedOver
      ? "defaults; ./dunlin.toml is not read, name it with --config"
      : "defaults");
  lines.push(`  settings   ${file}`);
  const plain = report.listeners.find((listener) => listener.type === "tcp");
  if (plain !== undefined) {
    const where = `-h ${reachable(plain.bind)} -p ${plain.port}`;
    lines.push(
      "",
      "Try it, each line in a terminal of its own:",
      `  mosquitto_sub ${where} -t hello`,
      `  mosquitto_pub ${where} -t hello -m world`,
    );
  }
  lines.push(...trustLines(report), "", "Ctrl+C stops it.", "");
  return lines.join("\n");
}

/** How clients come to trust the first listener that needs to be trusted. */
function trustLines({ listeners }: StartReport): string[] {
  const made = listeners.filter(({ trust }) => trust !== undefined);
  const listener = made.find(({ type }) => type === "tls") ?? made[0];
  if (listener?.trust === undefined) return [];
  const { name, bind, port, type, trust: { file, isSelfSigned } } = listener;
  const what = isSelfSigned
    ? `The certificate of ${name} is signed by itself, as the authority's ` +
      "private key is not here. Clients trust it"
    : `The certificate of ${name} is from the broker's own authority. ` +
      "Clients trust it";
  if (type !== "tls") return ["", `${what} by this file:`, `  ${file}`];
  const where = `-h ${reachable(bind)} -p ${port}`;
  if (listener.asksCertificate) {
    return [
      "",
      `${what} by this file, and need a certificate of their own:`,
      `  ${file}`,
      "  dunlin cert issue NAME   (its README.md has the lines to connect)",
    ];
  }
  return [
    "",
    `${what} like this:`,
    `  mosquitto_sub --cafile ${pasted(file)} ${where} -t hello`,
  ];
}

/** A path as a shell takes it for one word. */
function pasted(path: string): string {
  return /^[\w./@%+=:,-]+$/.test(path)
    ? path
    : `'${path.replaceAll("'", "'\\''")}'`;
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
  const host = listener.bind.includes(":")
    ? `[${listener.bind}]`
    : listener.bind;
  const isWebSocket = ["websocket", "wss"].includes(listener.type);
  const path = isWebSocket && listener.path !== "*" ? listener.path ?? "" : "";
  return `${SCHEMES[listener.type]}://${host}:${listener.port}${path}`;
}

/** An address to connect to, where `bind` stands for all of them. */
function reachable(bind: string): string {
  return bind === "0.0.0.0" || bind === "::" ? "localhost" : bind;
}
