import type { HistoryFigures } from "../../admin/protocol/mod.ts";

/** Figures that the history keeps, one column each; those of sizes in bytes. */
export const HISTORY_COLUMNS = [
  "clients",
  "sessions",
  "subscriptions",
  "received",
  "sent",
  "dropped",
  "retained",
  "queued",
  "retainedBytes",
  "queuedBytes",
  "sessionBytes",
  "bytesReceived",
  "bytesSent",
  "connects",
  "cpuSeconds",
  "rss",
  "heap",
] as const;

/** One of these columns. */
export type HistoryColumn = typeof HISTORY_COLUMNS[number];

/** The figures of one point of the history. */
export type HistoryPoint = Readonly<Record<HistoryColumn, number>>;

/** Numbers of a point: its time, and the columns. */
const WIDTH = 1 + HISTORY_COLUMNS.length;

/** The latest points, in a ring of fixed size. */
export class History {
  readonly #size: number;
  readonly #ring: Float64Array;
  /** Points that were ever added. */
  #added = 0;

  /** Keeps `size` points, at least 1. */
  constructor(size: number) {
    this.#size = size;
    this.#ring = new Float64Array(size * WIDTH);
  }

  /** Adds a point of the time `at` (ms by `Clock.now`). */
  add(at: number, point: HistoryPoint): void {
    const start = this.#added++ % this.#size * WIDTH;
    this.#ring[start] = at;
    HISTORY_COLUMNS.forEach((name, index) => {
      this.#ring[start + 1 + index] = point[name];
    });
  }

  /**
   * Returns the latest point that is at least `age` ms older than `now`, else the
   * oldest one; null without any.
   */
  before(now: number, age: number): Float64Array | null {
    let found: Float64Array | null = null;
    for (const point of this.#latestFirst()) {
      found = point;
      if (now - point[0] >= age) break;
    }
    return found;
  }

  /** Returns all points; `ahead` is the calendar minus `Clock.now`, in ms. */
  read(ahead: number): HistoryFigures {
    const all = [...this.#latestFirst()].reverse();
    return {
      columns: HISTORY_COLUMNS,
      at: all.map(([at]) => at + ahead),
      points: all.map((point) => [...point.subarray(1)]),
    };
  }

  *#latestFirst(): Iterable<Float64Array> {
    const oldest = Math.max(0, this.#added - this.#size);
    for (let number = this.#added - 1; number >= oldest; number--) {
      const start = number % this.#size * WIDTH;
      yield this.#ring.subarray(start, start + WIDTH);
    }
  }
}
