import { LOG_CATEGORIES, type LogCategory } from "../model/log_categories.ts";
import type { LogLevel, LogSettings } from "../model/settings.ts";
import { closest } from "../text/closest.ts";
import { formatSize, KIB, MIB, SECOND } from "../text/units.ts";
import { type Field, type FieldsOf, shown } from "./field.ts";
import { duration, integer, size } from "./number_fields.ts";
import { choice, flag, path } from "./word_fields.ts";

const TIB = 1024 * 1024 * MIB;
const DAY = 24 * 3600 * SECOND;

/** Smaller log files would be renamed all the time. */
const LEAST_SIZE = 64 * KIB;

const level = choice<LogLevel>(
  "info",
  ["error", "warn", "info", "debug"],
  "Least severe level that is logged.",
  { warning: "warn", notice: "info", trace: "debug", verbose: "debug" },
);

type CategoryLevels = LogSettings["categories"];

/** Throws what is wrong with a table of levels. */
function levelOf(category: string, value: unknown): LogLevel {
  const names: readonly string[] = LOG_CATEGORIES;
  if (!names.includes(category)) {
    const near = closest(category, names);
    throw new RangeError(
      `there is no category ${shown(category)}: ` +
        (near === undefined
          ? `give one of ${names.join(", ")}`
          : `did you mean ${near}?`),
    );
  }
  try {
    return level.read(value);
  } catch (error) {
    throw new RangeError(`${category}: ${(error as Error).message}`);
  }
}

const categories: Field<CategoryLevels> = {
  doc:
    `Levels of single categories, like { connections = "warn", storage = "debug" }; the others have level. Categories: ${
      LOG_CATEGORIES.join(", ")
    }.`,
  range: `a table of categories, each with one of ${level.range}`,
  default: {},
  defaultText: "{}",
  json: {
    type: "object",
    properties: Object.fromEntries(
      LOG_CATEGORIES.map((name) => [name, level.json]),
    ),
    additionalProperties: false,
  },
  read(value) {
    const isTable = typeof value === "object" && value !== null &&
      !Array.isArray(value) && !(value instanceof Date);
    if (!isTable) {
      throw new RangeError(
        `${shown(value)} is not allowed: give a table like ` +
          `{ connections = "warn" }`,
      );
    }
    const given = value as Record<string, unknown>;
    const levels: Partial<Record<LogCategory, LogLevel>> = {};
    for (const [name, one] of Object.entries(given)) levelOf(name, one);
    // One order, so that equal tables are equal text.
    for (const name of LOG_CATEGORIES) {
      if (Object.hasOwn(given, name)) levels[name] = levelOf(name, given[name]);
    }
    return levels;
  },
  write(levels) {
    const words = Object.entries(levels)
      .map(([name, one]) => `${name} = ${level.write(one)}`);
    return words.length === 0 ? "{}" : `{ ${words.join(", ")} }`;
  },
};

const anySize = size(
  10 * MIB,
  0,
  TIB,
  "Size at which a full log file is renamed to file.000001 and so on, and a new one begins; 0 sets no limit.",
);

const maxSize: Field<number> = {
  ...anySize,
  range: `0, or ${formatSize(LEAST_SIZE)} to ${formatSize(TIB)}`,
  read(value) {
    const bytes = anySize.read(value);
    if (bytes === 0 || bytes >= LEAST_SIZE) return bytes;
    throw new RangeError(
      `${shown(value)} is not allowed: give 0 or at least ${
        formatSize(LEAST_SIZE)
      }`,
    );
  },
};

/** Fields of `[log]`. */
export const logFields: FieldsOf<LogSettings> = {
  level,
  categories,
  format: choice(
    "text",
    ["text", "json"],
    "Format of a log line.",
  ),
  connections: flag(
    true,
    "Whether clients that connect and disconnect are logged at level info; with false, at level debug. Refused and broken connections are always logged.",
  ),
  file: path(
    `a path; "" means standard error`,
    "File of the log. The broker appends to it, and opens it again at SIGHUP and after it was deleted or replaced. Its folder must exist.",
  ),
  max_size: maxSize,
  max_age: duration(
    0,
    { unit: 1, min: 60 * SECOND, max: 3650 * DAY, never: 0 },
    "Age of the first line at which a log file is renamed; 0 means never.",
  ),
  keep: integer(
    5,
    0,
    10_000,
    "Renamed log files to keep; the oldest are deleted. 0 keeps none.",
  ),
};
