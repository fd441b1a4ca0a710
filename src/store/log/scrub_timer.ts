import type { Cancel, Clock } from "../../clock/mod.ts";
import type { Blocks } from "../blocks/blocks.ts";

/** Interval after which a changed setting is noticed, ms. */
const LOOK = 3_600_000;

/** Pause between two slices of a scrub, ms: other work goes first. */
const PAUSE = 10;

/** When a store is scrubbed, and the report. */
export interface ScrubOptions {
  /**
   * From the start or the last scrub to the next, ms; 0 = never. Damage that a
   * scrub found is looked for once an hour all the same, until it is gone.
   */
  readonly scrubInterval: number;
  /** Receives the damage found, or null when all is whole; must not throw. */
  readonly damage?: (found: string | null) => void;
}

/** Scrubs a store from time to time. */
export class ScrubTimer {
  readonly #blocks: Blocks;
  readonly #clock: Clock;
  readonly #options: ScrubOptions;
  #last: number;
  #cancel: Cancel | null = null;
  #running: Promise<void> | null = null;
  /** Ends a pause. */
  #wake: (() => void) | null = null;
  /** Whether the last scrub found damage. */
  #isDamaged = false;
  #ended = false;

  /** `blocks` were verified at the start. */
  constructor(blocks: Blocks, clock: Clock, options: ScrubOptions) {
    this.#blocks = blocks;
    this.#clock = clock;
    this.#options = options;
    this.#last = clock.now();
    this.#wait();
  }

  /** Ends a scrub that is under way, and begins no other. */
  async end(): Promise<void> {
    this.#ended = true;
    this.#cancel?.();
    this.#wake?.();
    await this.#running;
  }

  get #interval(): number {
    const { scrubInterval } = this.#options;
    if (scrubInterval > 0) return scrubInterval;
    // The alarm must end where scrubs were switched off since.
    return this.#isDamaged ? LOOK : Infinity;
  }

  #wait(): void {
    if (this.#ended) return;
    const left = this.#last + this.#interval - this.#clock.now();
    const pause = Math.max(0, Math.min(LOOK, left));
    this.#cancel = this.#clock.after(pause, () => this.#look());
  }

  #look(): void {
    if (this.#clock.now() - this.#last < this.#interval) return this.#wait();
    this.#running = this.#scrub().finally(() => {
      this.#running = null;
      this.#last = this.#clock.now();
      this.#wait();
    });
  }

  async #scrub(): Promise<void> {
    // A store that cannot be scrubbed now may be damaged: no report.
    if (this.#blocks.scrub === undefined) return;
    let found: string | null;
    try {
      found = await this.#blocks.scrub(() => this.#pause());
    } catch (error) {
      found = `the store could not be read through: ${
        (error as Error).message
      }`;
    }
    if (this.#ended) return;
    this.#isDamaged = found !== null;
    this.#options.damage?.(found);
  }

  #pause(): Promise<void> {
    if (this.#ended) return Promise.reject(new Error("the store is closed"));
    return new Promise((resolve) => {
      const cancel = this.#clock.after(PAUSE, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }
}
