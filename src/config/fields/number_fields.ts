import { type Field, shown } from "./field.ts";
import {
  formatDuration,
  formatSize,
  MIB,
  parseDuration,
  parseSize,
  SECOND,
} from "../text/units.ts";

/** Throws what is wrong with `value`, and what may stand there. */
function refuse(value: unknown, expected: string): never {
  throw new RangeError(`${shown(value)} is not allowed: give ${expected}`);
}

function within(value: number, min: number, max: number): boolean {
  return value >= min && value <= max;
}

/** The bound of counts that need none; it keeps typing errors out. */
export const ANY_COUNT = 1_000_000_000;

/**
 * Returns a whole number. Digits in a string count too: an `${ENV}` gives
 * strings.
 */
export function integer<T extends number>(
  initial: T,
  min: number,
  max: number,
  doc: string,
): Field<T> {
  const range = max === ANY_COUNT ? `${min} or more` : `${min} to ${max}`;
  return {
    doc,
    range,
    default: initial,
    defaultText: String(initial),
    json: { type: ["integer", "string"], minimum: min, maximum: max },
    read(value) {
      const digits = typeof value === "string" && /^\d+$/.test(value.trim());
      const number = digits ? Number(value) : value;
      if (!Number.isSafeInteger(number) || !within(number as T, min, max)) {
        refuse(value, `a whole number, ${range}`);
      }
      return number as T;
    },
    write: String,
  };
}

function sizeOf(value: unknown): number | null {
  if (typeof value === "string") return parseSize(value);
  return Number.isSafeInteger(value) ? value as number : null;
}

function unitless(range: string): string {
  return `a size like "16 MiB", "500 KB" or a number of bytes, ${range}`;
}

/** Returns a number of bytes, as a number or with a unit. */
export function size(
  initial: number,
  min: number,
  max: number,
  doc: string,
): Field<number> {
  const range = `${formatSize(min)} to ${formatSize(max)}`;
  const write = (bytes: number) =>
    bytes === 0 ? "0" : JSON.stringify(formatSize(bytes));
  return {
    doc,
    range,
    default: initial,
    defaultText: write(initial),
    json: { type: ["integer", "string"], minimum: min, maximum: max },
    read(value) {
      const bytes = sizeOf(value);
      if (bytes === null || !within(bytes, min, max)) {
        refuse(value, unitless(range));
      }
      return bytes;
    },
    write,
  };
}

/** Returns a size, or a share of the machine's memory, cut to whole MiB. */
export function memory(
  percent: number,
  min: number,
  total: number,
  doc: string,
): Field<number> {
  const range = `"1%" to "90%" of the machine's memory, or at least ${
    formatSize(min)
  }`;
  const share = (part: number) =>
    Math.max(min, Math.floor(total * part / 100 / MIB) * MIB);
  return {
    doc,
    range,
    default: share(percent),
    defaultText: JSON.stringify(`${percent}%`),
    json: { type: ["integer", "string"], minimum: min },
    read(value) {
      const part = /^(\d+)\s*%$/.exec(typeof value === "string" ? value : "");
      if (part !== null && within(Number(part[1]), 1, 90)) {
        return share(Number(part[1]));
      }
      const bytes = sizeOf(value);
      if (bytes === null || bytes < min) refuse(value, range);
      return bytes;
    },
    write: (bytes) => JSON.stringify(formatSize(bytes)),
  };
}

/** Options of `duration` besides its default. */
export interface DurationOptions {
  /** Milliseconds of one unit of the setting's value: 1 or 1000. */
  readonly unit: number;
  /** In the setting's own unit. */
  readonly min: number;
  /** In the setting's own unit. */
  readonly max: number;
  /** Value of the word `"never"`; missing = the word is not accepted. */
  readonly never?: number;
}

/**
 * Returns a time span; the setting's value counts ms or s, cut to whole ones.
 */
export function duration(
  initial: number,
  options: DurationOptions,
  doc: string,
): Field<number> {
  const { unit, min, max, never } = options;
  const write = (value: number) =>
    JSON.stringify(value === never ? "never" : formatDuration(value * unit));
  const word = never === undefined ? "" : `, or "never"`;
  const range = `${formatDuration(min * unit)} to ${
    formatDuration(max * unit)
  }${word}`;
  return {
    doc,
    range,
    default: initial,
    defaultText: write(initial),
    json: { type: ["number", "string"] },
    read(value) {
      if (never !== undefined && value === "never") return never;
      const ms = typeof value === "string"
        ? parseDuration(value)
        : typeof value === "number"
        ? value * SECOND
        : null;
      const count = ms === null ? NaN : Math.floor(ms / unit);
      if (count === never) return never;
      if (!within(count, min, max)) {
        refuse(value, `a duration like "10s", "1h30m" or "250ms", ${range}`);
      }
      return count;
    },
    write,
  };
}
