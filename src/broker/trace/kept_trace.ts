import type { TraceEnd } from "../../trace/mod.ts";
import type { Trace, TraceSink } from "./trace.ts";

/** Lines kept of one trace, and characters; the oldest give way. */
const MOST_LINES = 10_000;
const MOST_CHARACTERS = 2 * 1024 * 1024;

/** Lines and characters of one page. */
const PAGE_LINES = 500;
const PAGE_CHARACTERS = 256 * 1024;

/** Some lines of a trace. */
export interface KeptPage {
  /** Lines of JSON, the oldest first. */
  readonly lines: readonly string[];
  /** Number of the last line; the next page is behind it. */
  readonly last: number;
  /** Lines behind `after` that are no longer kept. */
  readonly missed: number;
}

/** Keeps the last lines of a trace for readers that ask for them. */
export class KeptTrace implements TraceSink {
  /** The choice, as it was asked for. */
  readonly asked: object;
  /** Set once, when the trace has begun. */
  trace: Trace | null = null;
  /** The end; null while the trace runs. */
  end: TraceEnd | null = null;
  #lines: string[] = [];
  #characters = 0;
  /** Lines before the first that is kept. */
  #gone = 0;

  constructor(asked: object) {
    this.asked = asked;
  }

  take(line: string): boolean {
    this.#lines.push(line);
    this.#characters += line.length;
    if (
      this.#lines.length > MOST_LINES || this.#characters > MOST_CHARACTERS
    ) this.#forget();
    return true;
  }

  /** Forgets an eighth at once: each removal moves all lines. */
  #forget(): void {
    let first = 0;
    while (
      this.#lines.length - first > MOST_LINES * 7 / 8 ||
      this.#characters > MOST_CHARACTERS * 7 / 8
    ) this.#characters -= this.#lines[first++].length;
    this.#lines.splice(0, first);
    this.#gone += first;
  }

  ended(line: string): void {
    this.take(line);
    this.end = JSON.parse(line);
  }

  /** Returns the next lines behind the number `after`; 0 for all that are kept. */
  page(after: number): KeptPage {
    const from = Math.max(0, after - this.#gone);
    const missed = Math.max(0, this.#gone - after);
    const lines: string[] = [];
    let characters = 0;
    for (const line of this.#lines.slice(from, from + PAGE_LINES)) {
      characters += line.length;
      if (characters > PAGE_CHARACTERS && lines.length > 0) break;
      lines.push(line);
    }
    return { lines, last: this.#gone + from + lines.length, missed };
  }
}
