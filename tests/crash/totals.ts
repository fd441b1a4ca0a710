import { LONG_FLUSH } from "./plan.ts";
import type { RoundResult } from "./round.ts";

/** What all rounds of a run came to; the `--json` summary. */
export class Totals {
  rounds = 0;
  /** Ends of the broker without warning. */
  kills = 0;
  /** Times in which the disk did not work. */
  faults = 0;
  /** Lives of brokers that said so. */
  alarms = 0;
  /** QoS 1 and 2 messages acknowledged to their publishers. */
  acknowledged = 0;
  /** First occurrences at subscribers. */
  received = 0;
  /** Acknowledged, and missing where it had to come. */
  lost = 0;
  /** QoS 2, and more than once. */
  duplicated = 0;
  /** Behind a later one of its publisher, topic and QoS. */
  reordered = 0;
  /** Everything else that was wrong: sessions, subscriptions, retained. */
  other = 0;
  /** QoS 1, and more than once, which it may be. */
  redelivered = 0;
  /** Lost as `buffered` may. */
  lostInWindow = 0;
  /** Duplicated as `buffered` may. */
  duplicatedInWindow = 0;
  #revealing = 0;
  #seenRevealing = 0;

  /** Adds a round. */
  add(result: RoundResult): void {
    this.rounds++;
    this.kills += result.kills;
    this.faults += result.faults;
    this.alarms += result.alarms;
    this.acknowledged += result.acknowledged;
    this.received += result.received;
    this.redelivered += result.redelivered;
    this.lostInWindow += result.lostInWindow;
    this.duplicatedInWindow += result.duplicatedInWindow;
    if (result.isRevealing) {
      this.#revealing++;
      this.#seenRevealing += result.lostInWindow;
    }
    for (const { fault } of result.findings) {
      if (fault === "lost") this.lost++;
      else if (fault === "duplicated") this.duplicated++;
      else if (fault === "reordered") this.reordered++;
      else this.other++;
    }
  }

  /** Whether every promise was kept. */
  get isFine(): boolean {
    return this.lost + this.duplicated + this.reordered + this.other === 0 &&
      this.unproved === null;
  }

  /**
   * What was to be seen and was not: the window of `buffered` is real, so
   * kills have to cost something in it; null when it was, or was not tried.
   */
  get unproved(): string | null {
    return this.#revealing >= 2 && this.#seenRevealing === 0
      ? `nothing was lost in ${this.#revealing} rounds that kept it ` +
        `${LONG_FLUSH} ms in memory: the test does not reach the window`
      : null;
  }

  /** One line. */
  get line(): string {
    const many = (count: number) => count.toLocaleString("en");
    return `${many(this.rounds)} rounds, ${many(this.kills)} kills, ` +
      (this.faults > 0
        ? `${many(this.faults)} faults of the disk, ${many(this.alarms)} ` +
          "alarms, "
        : "") +
      `${many(this.acknowledged)} acknowledged, ${many(this.lost)} lost, ` +
      `${many(this.duplicated)} duplicated, ${many(this.reordered)} ` +
      `reordered, ${many(this.other)} other faults; in the window: ` +
      `${many(this.lostInWindow)} lost, ${many(this.duplicatedInWindow)} twice`;
  }
}

/** The account of a round in which something was wrong. */
export function tellFailure({ plan, findings }: RoundResult): string {
  const { mode, seed, flushInterval, faults } = plan;
  const shown = findings.slice(0, 8).map(({ fault, text }) =>
    `  ${fault}: ${text}\n`
  );
  const rest = findings.length - shown.length;
  return `FAILED --mode ${mode} --seed ${seed} --rounds 1` +
    `${faults.length > 0 ? ` --faults ${faults}` : ""} ` +
    `(flush interval ${flushInterval} ms)\n${shown.join("")}` +
    (rest > 0 ? `  ... and ${rest} more\n` : "");
}
