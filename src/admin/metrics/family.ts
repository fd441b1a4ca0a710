import type { HistogramFigures, StatusFigures } from "../protocol/mod.ts";

/** The labels of a sample, in their order. */
export type Labels = Readonly<Record<string, string>>;

/** A value with its labels. */
export type Sample = readonly [labels: Labels, value: number];

/** Samples of one name. */
export interface Family {
  /** Name; that of a counter is without `_total`. */
  readonly name: string;
  /** `untyped` for names of other programs, which fit no rule for types. */
  readonly type: "counter" | "gauge" | "histogram" | "untyped";
  /** One sentence. */
  readonly help: string;
  /** Its values as of now; none leaves the family out. */
  readonly samples: (figures: StatusFigures) => readonly Sample[];
  /** The durations of a histogram. */
  readonly histogram?: (figures: StatusFigures) => HistogramFigures;
}

/** Returns one sample without labels. */
export function plain(value: number | null): Sample[] {
  return value === null || !Number.isFinite(value) ? [] : [[{}, value]];
}

/** Returns a sample for each entry of `counts`, with its key as `label`. */
export function labelled(
  label: string,
  counts: Readonly<Record<string, number>>,
): Sample[] {
  return Object.entries(counts).map(([key, value]) => [
    { [label]: key },
    value,
  ]);
}
