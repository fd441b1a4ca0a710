import type { BrokerLog } from "../broker/mod.ts";
import type { Clock } from "../clock/mod.ts";
import type { LogFormat, LogLevel, LogSettings } from "../config/mod.ts";

/** What a log line tells beside its event. */
export type LogDetails = Readonly<Record<string, string | number | null>>;

/** Writes one event; below the level that is set it is nothing. */
export type LogEvent = (
  level: LogLevel,
  event: string,
  details: LogDetails,
) => void;

const severity: readonly LogLevel[] = ["error", "warn", "info", "debug"];

/**
 * Returns what writes events as lines by `settings`, which may change at any
 * time. `write` gets each line with its end, and must not throw.
 */
export function logEvents(
  settings: LogSettings,
  clock: Clock,
  write: (line: string) => void,
): LogEvent {
  return (level, event, details) => {
    if (severity.indexOf(level) > severity.indexOf(settings.level)) return;
    write(eventLine(settings.format, clock.now(), level, event, details));
  };
}

/** Returns one event as a line with its end; `time` is in ms since 1970. */
export function eventLine(
  format: LogFormat,
  time: number,
  level: LogLevel,
  event: string,
  details: LogDetails,
): string {
  const when = new Date(time).toISOString();
  if (format === "json") {
    return quoted({ time: when, level, event, ...details }) + "\n";
  }
  let line = `${when} ${level.padEnd(5)} ${event}`;
  for (const [key, value] of Object.entries(details)) {
    // Quotes keep a client id with a line end from forging a line.
    line += ` ${key}=${quoted(value)}`;
  }
  return line + "\n";
}

/**
 * As JSON, in which nothing steers a terminal or hides: JSON itself leaves the
 * second set of control characters as they are, and marks of direction.
 */
function quoted(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (letter) =>
      letter.split("").map((unit) =>
        `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`
      ).join(""),
  );
}

/** From one line about clients that met a limit to the next, ms. */
const LIMIT_PAUSE = 10_000;

/**
 * The broker's log. Who comes and goes is told at level `debug`: a broker in
 * use sees thousands of connections, and its log must stay readable. A client
 * that met a limit is told at `info`, for each reason one in ten seconds.
 */
export function brokerLog(log: LogEvent, clock: Clock): BrokerLog {
  const told = new Map<string, number>();
  const levelOf = (reason: string, limit: string | null) => {
    if (limit === null) return "debug";
    const now = clock.now();
    if (now - (told.get(reason) ?? -Infinity) < LIMIT_PAUSE) return "debug";
    told.set(reason, now);
    return "info";
  };
  return {
    connected: (client, from, version) =>
      log("debug", "connected", { client, from, version }),
    closed: (client, from, reason, limit) =>
      log(levelOf(reason, limit), "closed", {
        ...{ client, from, reason },
        ...(limit === null ? {} : { limit }),
      }),
    failed: (client, error, result) =>
      log("error", "failed", { client, result, error: textOf(error) }),
    trouble: (where, error) => {
      // Anyone may knock with a browser or a scanner: nothing to warn of.
      const isRefusal = error.name === "HandshakeError";
      log(isRefusal ? "debug" : "warn", isRefusal ? "refused" : "trouble", {
        where,
        error: error.message,
      });
    },
    recovered: (where, lasted) =>
      log("warn", "recovered", { where, seconds: lasted / 1000 }),
    notice: (where, text) => log("info", "notice", { where, text }),
  };
}

/** With its stack: what failed is our own mistake. */
function textOf(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}
