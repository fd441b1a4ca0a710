import type { Figures } from "./figures.ts";

/** A column of the history. */
export type Column =
  | "clients"
  | "sessions"
  | "subscriptions"
  | "received"
  | "sent"
  | "dropped"
  | "retained"
  | "queued"
  | "retainedBytes"
  | "queuedBytes"
  | "sessionBytes"
  | "bytesReceived"
  | "bytesSent"
  | "cpuSeconds"
  | "rss";

/** The history of an hour, as the API gives it. */
export interface HistoryAnswer {
  readonly columns: readonly string[];
  readonly at: readonly number[];
  /** JSON has null for a figure that is unknown. */
  readonly points: readonly (readonly (number | null)[])[];
}

/** Span that is kept (ms). */
const HOUR = 3_600_000;

/** Points of the last minute are kept all; before, one in ten seconds. */
const RECENT = 60_000;
const STEP = 9500;

/** Rates are averages over at least this span (ms). */
const RATE_SPAN = 4500;

interface Point {
  readonly at: number;
  readonly values: Readonly<Partial<Record<string, number>>>;
}

/** Figures of the last hour: those of the history, and those that came since. */
export class Series {
  #points: readonly Point[] = [];

  /** Takes the history of the broker in place of all points. */
  reset({ columns, at, points }: HistoryAnswer): void {
    this.#points = at.map((time, index) => {
      const values: Record<string, number> = {};
      points[index].forEach((value, column) => {
        if (value !== null) values[columns[column]] = value;
      });
      return { at: time, values };
    });
  }

  /** Adds the figures of now; those of a broker that began anew end the former. */
  add(figures: Figures): void {
    const { time } = figures;
    const last = this.#points.at(-1);
    const received = last?.values.received ?? 0;
    const isNew = figures.messages.received < received ||
      (last !== undefined && time < last.at);
    const before = isNew ? [] : this.#points;
    const thinned = before.filter((point, index) =>
      time - point.at <= HOUR &&
      (time - point.at <= RECENT || index === 0 ||
        isStep(point.at, before[index - 1].at))
    );
    this.#points = [...thinned, { at: time, values: valuesOf(figures) }];
  }

  /** Times of the points, seconds since 1970. */
  get times(): number[] {
    return this.#points.map(({ at }) => at / 1000);
  }

  /** Returns a column; null where it is unknown. */
  level(column: Column): (number | null)[] {
    return this.#points.map(({ values }) => values[column] ?? null);
  }

  /** Returns the changes a second of a column that only grows. */
  rate(column: Column): (number | null)[] {
    let from = 0;
    return this.#points.map(({ at, values }, index) => {
      while (from + 1 < index && at - this.#points[from + 1].at >= RATE_SPAN) {
        from++;
      }
      const before = this.#points[from];
      const change = (values[column] ?? NaN) - (before.values[column] ?? NaN);
      const seconds = (at - before.at) / 1000;
      return seconds > 0 && change >= 0 ? change / seconds : null;
    });
  }
}

/** Whether two times are in different steps, the same at each look. */
function isStep(at: number, before: number): boolean {
  return at - before >= STEP ||
    Math.floor(at / 10_000) !== Math.floor(before / 10_000);
}

function valuesOf(figures: Figures): Record<string, number> {
  const { clients, sessions, subscriptions, messages, storage } = figures;
  const { bytes, process } = figures;
  const values: Record<string, number> = {
    clients: clients.connected,
    sessions: sessions.count,
    subscriptions: subscriptions.count,
    received: messages.received,
    sent: messages.sent,
    dropped: messages.dropped,
    retained: messages.retained,
    queued: messages.queued,
    retainedBytes: storage.retainedBytes,
    queuedBytes: storage.queuedBytes,
    sessionBytes: storage.sessionBytes,
    bytesReceived: bytes.received,
    bytesSent: bytes.sent,
    rss: process.rss,
  };
  if (process.cpuSeconds !== null) values.cpuSeconds = process.cpuSeconds;
  return values;
}
