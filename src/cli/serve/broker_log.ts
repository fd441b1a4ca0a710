import type { BrokerLog, EventFields } from "../../broker/mod.ts";
import type { Clock } from "../../clock/mod.ts";
import { codeOf } from "../../errors/mod.ts";
import type { LogFormat, LogLevel, LogSettings } from "../../config/mod.ts";

/** Fields of a log line beside its event. */
export type LogDetails = EventFields;

/** Writes one event; below the level that is set it is nothing. */
export type LogEvent = (
  level: LogLevel,
  event: string,
  details: LogDetails,
) => void;

const severity: readonly LogLevel[] = ["error", "warn", "info", "debug"];

function isLogged(
  level: LogLevel,
  settings: Pick<LogSettings, "level">,
): boolean {
  return severity.indexOf(level) <= severity.indexOf(settings.level);
}

/**
 * Returns what writes events as lines by `settings`, which may change at any
 * time. `write` gets each line with its end, and must not throw.
 */
export function logEvents(
  settings: Pick<LogSettings, "level" | "format">,
  clock: Clock,
  write: (line: string) => void,
): LogEvent {
  return (level, event, details) => {
    if (!isLogged(level, settings)) return;
    write(eventLine(settings.format, clock.date(), level, event, details));
  };
}

/**
 * Returns one event as a line with its end; `time` is in ms since 1970. Details
 * that are undefined are left out.
 */
export function eventLine(
  format: LogFormat,
  time: number,
  level: LogLevel,
  event: string,
  details: LogDetails,
): string {
  const when = new Date(time).toISOString();
  const isJson = format === "json";
  let line = isJson
    ? `{"time":"${when}","level":"${level}","event":"${event}"`
    : `${when} ${level.padEnd(5)} ${event}`;
  for (const key in details) {
    const value = details[key];
    if (value === undefined) continue;
    // Quotes keep a client id with a line end from forging a line.
    const text = typeof value === "string" ? quoted(value) : value;
    line += isJson ? `,"${key}":${text}` : ` ${key}=${text}`;
  }
  return isJson ? line + "}\n" : line + "\n";
}

/** Printable ASCII that JSON leaves as it is. */
const PLAIN = /^[ !#-[\]-~]*$/;

/**
 * As JSON, in which nothing steers a terminal or hides: JSON itself leaves the
 * second set of control characters as they are, and marks of direction.
 */
function quoted(value: string): string {
  // Nearly all are plain, and thousands of clients may connect in a second.
  if (PLAIN.test(value)) return `"${value}"`;
  return JSON.stringify(value).replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (letter) =>
      letter.split("").map((unit) =>
        `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`
      ).join(""),
  );
}

/**
 * Returns the broker's log, whose events are lines of `log` by these settings.
 */
export function brokerLog(
  log: LogEvent,
  settings: Pick<LogSettings, "level">,
): BrokerLog {
  return {
    logs: (level) => isLogged(level, settings),
    event: log,
    failed: (client, error, result) =>
      log("error", "failed", {
        client,
        result,
        code: codeOf(error, "internal-error"),
        error: textOf(error),
      }),
    trouble: (where, error, code) =>
      log("warn", "trouble", { where, code, error: error.message }),
    recovered: (where, lasted) =>
      log("warn", "recovered", { where, seconds: lasted / 1000 }),
    notice: (where, text) => log("info", "notice", { where, text }),
  };
}

/** With its stack: what failed is our own mistake. */
function textOf(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}
