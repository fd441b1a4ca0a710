import type { Readiness } from "./ready_file.ts";

/** What the start report speaks of. */
export interface StartReport {
  readonly version: string;
  readonly listeners: (Readiness["listeners"][number] & {
    /** WebSocket only: the path clients connect to. */
    readonly path?: string;
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
  lines.push("", "Ctrl+C stops it.", "");
  return lines.join("\n");
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
  const path = isWebSocket ? listener.path ?? "" : "";
  return `${SCHEMES[listener.type]}://${host}:${listener.port}${path}`;
}

/** An address to connect to, where `bind` stands for all of them. */
function reachable(bind: string): string {
  return bind === "0.0.0.0" || bind === "::" ? "localhost" : bind;
}
