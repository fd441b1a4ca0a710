import type {
  BrokerFigures,
  HistoryFigures,
  ProcessFigures,
  RateFigures,
  StatusFigures,
} from "../../admin/protocol/mod.ts";
import type { Cancel, Clock } from "../../clock/mod.ts";
import type { Context } from "../../session/mod.ts";
import { COMMIT_BOUNDS, DurationHistogram } from "./duration_histogram.ts";
import type { Figures } from "./figures.ts";
import { History, HISTORY_COLUMNS, type HistoryPoint } from "./history.ts";
import { MeasuredTurns } from "./measured_turns.ts";
import { processFigures } from "./process_figures.ts";

/** Between two looks at the event loop (ms). */
const LOOK = 1000;

/** Looks from one point of the history to the next: ten seconds. */
const LOOKS_A_POINT = 10;

/** Points of an hour, and its first. */
const POINTS = 361;

/** Span of the rates, at least (ms); a timer may be a little early. */
const RATE_SPAN = 9500;

/** Parts of a broker that a recorder measures. */
export interface RecorderParts {
  readonly context: Context;
  readonly figures: Figures;
}

/**
 * Keeps an hour of figures, and measures turns, deliveries, commits and the
 * lateness of the event loop, from its making to `stop`. Takes 60 KiB.
 */
export class Recorder {
  readonly #parts: RecorderParts;
  readonly #clock: Clock;
  /** Its tasks have a name among slow turns. */
  readonly #timer: Clock;
  readonly #history = new History(POINTS);
  readonly #turns: MeasuredTurns;
  readonly #commits = new DurationHistogram(COMMIT_BOUNDS);
  readonly #startedAt: number;
  #lags: readonly number[] = [0];
  #looks = 0;
  #cancel: Cancel | null = null;

  /** Measures from now on. */
  constructor(parts: RecorderParts) {
    const { context, figures } = parts;
    this.#parts = parts;
    this.#clock = context.clock;
    this.#timer = context.workClock("housekeeping");
    this.#startedAt = context.clock.now();
    this.#turns = new MeasuredTurns(context.clock);
    context.turn.times = this.#turns;
    // Rates need not wait for the first points.
    for (const { at, figures: former } of figures.rounds) {
      this.#history.add(at, pointOf(former, null));
    }
    this.#look();
  }

  /** Measures and keeps nothing from now on. */
  stop(): void {
    const { context } = this.#parts;
    this.#cancel?.();
    this.#cancel = null;
    if (context.turn.times === this.#turns) context.turn.times = null;
  }

  /** Counts a commit of `ms`. */
  committed(ms: number): void {
    this.#commits.observe(ms);
  }

  /** The figures as of now. */
  read(): StatusFigures {
    const figures = this.#parts.figures.read();
    const process = processFigures();
    const now = this.#clock.now();
    return {
      ...figures,
      process,
      rates: this.#rates(now, pointOf(figures, process)),
      lag: { last: this.#lags.at(-1)!, longest: Math.max(...this.#lags) },
      measuredSince: this.#startedAt + this.#clock.date() - now,
      turns: this.#turns.turns.read(),
      deliveries: this.#turns.deliveries.read(),
      commits: this.#commits.read(),
    };
  }

  /** The points of the last hour. */
  get history(): HistoryFigures {
    return this.#history.read(this.#clock.date() - this.#clock.now());
  }

  /** Changes since the last point that is old enough, or since the start. */
  #rates(now: number, point: HistoryPoint): RateFigures {
    const before = this.#history.before(now, RATE_SPAN);
    const { startedAt } = this.#parts.figures;
    const isOld = before !== null && now - before[0] >= RATE_SPAN;
    const seconds = (now - (isOld ? before[0] : startedAt)) / 1000;
    const perSecond: Record<string, number> = {};
    HISTORY_COLUMNS.forEach((name, index) => {
      const change = point[name] - (isOld ? before[1 + index] : 0);
      // A column of the process has no value at a former round.
      if (seconds > 0 && Number.isFinite(change)) {
        perSecond[name] = change / seconds;
      }
    });
    return { seconds, perSecond };
  }

  /** Measures how late the timer is; adds a point at each tenth look. */
  #look(late = 0): void {
    const due = this.#clock.now() + LOOK;
    const { suspended } = this.#clock;
    this.#lags = [...this.#lags.slice(1 - LOOKS_A_POINT), late / 1000];
    this.#cancel = this.#timer.after(LOOK, () => {
      const slept = this.#clock.suspended - suspended;
      this.#look(Math.max(0, this.#clock.now() - due - slept));
    });
    if (this.#looks++ % LOOKS_A_POINT > 0) return;
    const { faults } = this.#parts.context;
    faults.survive("a point of the history is missing", () => this.#add());
  }

  #add(): void {
    const { figures } = this.#parts;
    const now = this.#clock.now();
    // `$SYS` ends the rounds, where it is on.
    const isDue = now - figures.updatedAt >= RATE_SPAN * 2;
    const read = isDue ? figures.update() : figures.read();
    this.#history.add(now, pointOf(read, processFigures()));
  }
}

/** Returns the figures that the history keeps; `process` is unknown where null. */
function pointOf(
  { clients, sessions, subscriptions, messages, ...figures }: BrokerFigures,
  process: ProcessFigures | null,
): HistoryPoint {
  const { storage, bytes, connections } = figures;
  return {
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
    connects: connections.accepted,
    cpuSeconds: process?.cpuSeconds ?? NaN,
    rss: process?.rss ?? NaN,
    heap: process?.allocated ?? NaN,
  };
}
