import type { StorageMode } from "../../src/store/mod.ts";

/** What is promised of the store. */
export type SimulatedMode = StorageMode;

/** All modes, from the least promise to the most. */
export const MODES: readonly StorageMode[] = [
  "memory",
  "buffered",
  "durable",
  "fault-tolerant",
];

/** What `deno task simulate` is asked for. */
export interface Options {
  readonly mode: StorageMode | "all";
  /** How many histories in each mode. */
  readonly seeds: number;
  /** The first seed; the others follow. */
  readonly seed: number;
  /** Steps of each history. */
  readonly steps: number;
  /** Whether to write one JSON line a mode, and nothing else. */
  readonly isJson: boolean;
}

const USAGE =
  "deno task simulate [--seeds N] [--mode memory|buffered|durable|" +
  "fault-tolerant|all] [--seed S] [--steps K] [--json]";

/** Reads `words`; returns what is wrong with them instead. */
export function readOptions(words: readonly string[]): Options | string {
  const options = {
    mode: "all" as Options["mode"],
    seeds: 100,
    seed: 1,
    steps: 200,
    isJson: false,
  };
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (word === "--json") {
      options.isJson = true;
      continue;
    }
    const value = words[++at] ?? "";
    if (word === "--mode") {
      const mode = [...MODES, "all" as const].find((one) => one === value);
      if (mode === undefined) return `unknown mode "${value}"\n${USAGE}`;
      options.mode = mode;
    } else if (word === "--seeds" || word === "--seed" || word === "--steps") {
      if (!/^\d{1,9}$/.test(value)) {
        return `${word} takes a number, not "${value}"\n${USAGE}`;
      }
      options[word.slice(2) as "seeds" | "seed" | "steps"] = Number(value);
    } else return `unknown option ${word}\n${USAGE}`;
  }
  return options;
}
