import type { Value } from "./toml_table.ts";

/** A setting that a line becomes. */
export interface Setting {
  /** Key in its table. */
  readonly key: string;
  readonly value: Value;
}

/** Translation of one line. */
export interface Translation {
  readonly settings: readonly Setting[];
  /** A note for people; may be empty. */
  readonly note: string;
  /** True if the result lacks a part of the line. */
  readonly isLost: boolean;
  /** True for a line about access whose result allows less. */
  readonly closes?: boolean;
}

/** Makes of a line's value what becomes of the line; may throw `Misread`. */
export type Rule = (value: string) => Translation;

/** A value that Mosquitto, too, would have refused. */
export class Misread extends Error {}

/** The line is this setting. */
export function becomes(key: string, value: Value, note = ""): Translation {
  return { settings: [{ key, value }], note, isLost: false };
}

/** The line is several settings. */
export function becomesAll(
  settings: readonly Setting[],
  note = "",
): Translation {
  return { settings, note, isLost: false };
}

/** The line is this setting, which allows less; `why` says what. */
export function stricter(
  key: string,
  value: Value,
  why: string,
): Translation {
  return {
    ...{ settings: [{ key, value }], note: why },
    ...{ isLost: true, closes: true },
  };
}

/** There is nothing like it; `why` says what that means. */
export function lost(why: string): Translation {
  return { settings: [], note: why, isLost: true };
}

/** It is so without being said. */
export function needless(why: string): Translation {
  return { settings: [], note: why, isLost: false };
}

/** Returns what is `lost` only when the value is `true`. */
export function lostWhenTrue(why: string, otherwise = "as always"): Rule {
  return (value) => yesOrNo(value) ? lost(why) : needless(otherwise);
}

/** `true` and `1`, `false` and `0`. */
export function yesOrNo(value: string): boolean {
  const found = { true: true, "1": true, false: false, "0": false }[value];
  if (found === undefined) throw new Misread("it is neither true nor false");
  return found;
}

/** Returns a whole number of at least `min`. */
export function whole(value: string, min = 0): number {
  const number = Number(value);
  if (/^-?\d+$/.test(value) && Number.isSafeInteger(number) && number >= min) {
    return number;
  }
  throw new Misread(`it is no whole number of at least ${min}`);
}

/** Applies a rule; what Mosquitto would not have taken is lost. */
export function translated(rule: Rule, value: string): Translation {
  try {
    return rule(value);
  } catch (error) {
    if (!(error instanceof Misread)) throw error;
    return lost(`${error.message}; Mosquitto does not start with it`);
  }
}
