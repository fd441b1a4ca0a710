import type { Clock } from "../../clock/mod.ts";
import type { Blocks } from "../blocks/blocks.ts";
import type { WriteBudget } from "../space/write_budget.ts";
import { sumOf, WriteCounter, type Written } from "../base/write_counter.ts";
import type { Cleaning } from "./cleaning.ts";

/** The account of a store: bytes written to the disk, and when the next may be. */
export class WriteAccount {
  readonly #blocks: Blocks;
  readonly #cleaning: Cleaning;
  readonly #clock: Clock;
  readonly #budget: WriteBudget | null;
  readonly #counter = new WriteCounter();

  /** Tells `cleaning` when it has to spare; `budget` is null without one. */
  constructor(
    blocks: Blocks,
    cleaning: Cleaning,
    clock: Clock,
    budget: WriteBudget | null,
  ) {
    this.#blocks = blocks;
    this.#cleaning = cleaning;
    this.#clock = clock;
    this.#budget = budget;
  }

  /** Bytes since the store was opened. */
  get total(): Written {
    const { written, copiesWritten } = this.#blocks;
    const { journal = 0, snapshots = 0 } = copiesWritten ?? {};
    const own = written - journal - snapshots;
    // The commit of what was rewritten may still be under way.
    const cleaning = Math.min(own, this.#cleaning.rewritten);
    const log = own - cleaning;
    return { log, cleaning, journal, snapshots };
  }

  /** Bytes since the day (UTC) began or the store was opened. */
  get today(): Written {
    return this.#counter.today(this.total, this.#clock.date());
  }

  /** Time until the next write is within the budget, ms. */
  get pause(): number {
    return this.#budget?.pause ?? 0;
  }

  /**
   * Counts what was written since the last call, for today. Called after each
   * commit and every ten seconds.
   */
  count(): void {
    const { today } = this;
    if (this.#budget === null) return;
    this.#budget.look(sumOf(this.total), sumOf(today));
    this.#cleaning.isSparing = this.#budget.isShort;
  }
}
