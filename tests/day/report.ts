import { type Day, medianOf, type Sample } from "./day.ts";

const MIB = 1024 * 1024;
const DAY = 86_400;

/** What a run says of a whole day. */
export interface DayReport {
  /** Resident MiB in the second quarter of the run, and in its last one. */
  readonly before: number;
  readonly after: number;
  /** Percent by which the memory grew between the two. */
  readonly growth: number;
  /** The same of the memory that no file backs. */
  readonly anonymous: number;
  /** MB that the system wrote for the broker in a day. */
  readonly written: number;
  /** Percent of one core. */
  readonly cpu: number;
  /** CPU time of a published message (µs). */
  readonly message: number;
  /** Median and slowest 99th percentile of all samples (ms). */
  readonly median: number;
  readonly slow: number;
}

/** Returns the figures of a day at the pace of `day`. */
export function reportOf({ samples, counts }: Day): DayReport {
  const part = (from: number, to: number) =>
    samples.slice(
      Math.floor(samples.length * from),
      Math.ceil(samples.length * to),
    );
  const of = (some: readonly Sample[], name: "resident" | "anonymous") =>
    medianOf(some.map((one) => one[name])) / MIB;
  const before = of(part(0.25, 0.5), "resident");
  const after = of(part(0.75, 1), "resident");
  const first = samples[0];
  const last = samples[samples.length - 1];
  const passed = last.at - first.at;
  const latencies = samples.filter(({ median }) => !isNaN(median));
  return {
    before,
    after,
    growth: (after / before - 1) * 100,
    anonymous: of(part(0.75, 1), "anonymous"),
    written: (last.written - first.written) / 1e6 * DAY / passed,
    cpu: (last.cpu - first.cpu) / passed * 100,
    message: (last.cpu - first.cpu) / counts.published * 1e6,
    median: medianOf(latencies.map(({ median }) => median)),
    slow: Math.max(...latencies.map(({ slow }) => slow)),
  };
}
