import type { BrokerFigures } from "./broker_figures.ts";
import type { HistogramFigures } from "./duration_histogram.ts";
import type { HistoryColumn } from "./history.ts";
import type { ProcessFigures } from "./process_figures.ts";

/** Changes a second of the figures of the history, since `seconds` ago. */
export interface RateFigures {
  /** The span that they average, in seconds. */
  readonly seconds: number;
  /** By column; below 0 where a figure falls. */
  readonly perSecond: Readonly<Partial<Record<HistoryColumn, number>>>;
}

/** Lateness of a timer of the event loop, in seconds. */
export interface LagFigures {
  /** At the last look. */
  readonly last: number;
  /** The longest of the last ten looks, one a second. */
  readonly longest: number;
}

/** All figures of a broker whose history is kept, for status and metrics. */
export interface StatusFigures extends BrokerFigures {
  /** Memory and CPU. */
  readonly process: ProcessFigures;
  /** Changes a second. */
  readonly rates: RateFigures;
  /** Lateness of the event loop. */
  readonly lag: LagFigures;
  /** Since when the histograms count, ms since 1970. */
  readonly measuredSince: number;
  /** Turns of the event loop, from the first pass to the last write. */
  readonly turns: HistogramFigures;
  /** Messages, from the pass that takes them to the write that carries them. */
  readonly deliveries: HistogramFigures;
  /** Commits of the store. */
  readonly commits: HistogramFigures;
}
