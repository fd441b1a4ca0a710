import type { BrokerLog, EventFields, OnLogged } from "../../broker/mod.ts";
import type { Clock } from "../../clock/mod.ts";
import type {
  LogCategory,
  LogFormat,
  LogLevel,
  LogSettings,
} from "../../config/mod.ts";
import { codeOf } from "../../errors/mod.ts";
import { categoryOf } from "./event_category.ts";

/** Fields of a log line beside its event. */
export type LogDetails = EventFields;

/** Writes one event; below the level of its category it is nothing. */
export type LogEvent = (
  level: LogLevel,
  event: string,
  details: LogDetails,
  category?: LogCategory,
) => void;

const SEVERITY: Readonly<Record<LogLevel, number>> = {
  ...{ error: 0, warn: 1, info: 2, debug: 3 },
};

/** Settings of an `EventLog`. */
export type EventLogSettings = Pick<
  LogSettings,
  "level" | "categories" | "format"
>;

/** Writes events as lines, in the format and from the level of its settings. */
export class EventLog {
  readonly #clock: Clock;
  readonly #write: (line: string) => void;
  #settings: EventLogSettings;
  /** The severity of the loosest level: events above it are in no category. */
  #loosest: number;
  #onLogged: OnLogged | null = null;

  /** `write` gets each line with its end, and must not throw. */
  constructor(
    settings: EventLogSettings,
    clock: Clock,
    write: (line: string) => void,
  ) {
    this.#settings = settings;
    this.#loosest = loosestOf(settings);
    this.#clock = clock;
    this.#write = write;
  }

  /** Applies other settings from the next event on. */
  apply(settings: EventLogSettings): void {
    this.#settings = settings;
    this.#loosest = loosestOf(settings);
  }

  /** As `BrokerLog.logs`. */
  readonly logs = (level: LogLevel, category: LogCategory): boolean => {
    const { level: most, categories } = this.#settings;
    return SEVERITY[level] <= SEVERITY[categories[category] ?? most];
  };

  /** Writes an event, and hands it to the tap. */
  readonly event: LogEvent = (level, event, details, given) => {
    // Most events that are not logged need no look at their category.
    if (SEVERITY[level] > this.#loosest) return;
    const category = given ?? categoryOf(event);
    if (!this.logs(level, category)) return;
    const time = this.#clock.date();
    const { format } = this.#settings;
    const line = eventLine(format, time, level, event, details);
    this.#write(line);
    if (this.#onLogged === null) return;
    const json = format === "json"
      ? line
      : eventLine("json", time, level, event, details);
    this.#onLogged({
      ...{ time, level, category, event, json: json.slice(0, -1) },
    });
  };

  /** Returns the log of a broker, whose events are lines of this one. */
  ofBroker(): BrokerLog {
    const log = this.event;
    return {
      logs: this.logs,
      event: log,
      failed: (client, error, result) =>
        log("error", "failed", {
          client,
          result,
          code: codeOf(error, "internal-error"),
          error: textOf(error),
        }),
      trouble: (where, { message: error }, code, category) =>
        log("warn", "trouble", { where, code, error }, category),
      recovered: (where, lasted, category) =>
        log("warn", "recovered", { where, seconds: lasted / 1000 }, category),
      tap: (onLogged) => this.#onLogged = onLogged,
    };
  }
}

/** Returns the severity of the loosest level of all categories. */
function loosestOf({ level, categories }: EventLogSettings): number {
  const levels = [level, ...Object.values(categories)];
  return Math.max(...levels.map((one) => SEVERITY[one]));
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
    const text = shown(value);
    line += isJson ? `,"${key}":${text}` : ` ${key}=${text}`;
  }
  return isJson ? line + "}\n" : line + "\n";
}

function shown(value: string | number | null): string | number | null {
  // Quotes keep a client id with a line end from forging a line.
  if (typeof value === "string") return quoted(value);
  // JSON has no NaN and no Infinity.
  return Number.isFinite(value) ? value : null;
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

/** With its stack: what failed is our own mistake. */
function textOf(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}
