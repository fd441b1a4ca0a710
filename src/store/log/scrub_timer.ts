import type { Cancel, Clock } from "../../clock/mod.ts";
import type { Blocks } from "../blocks/blocks.ts";

/** At least so often the interval is looked at, as it may be changed, ms. */
const LOOK = 3_600_000;

/** From one slice of a scrub to the next, ms: others go first. */
const PAUSE = 10;

/** When a store is scrubbed, and who hears of it. */
export interface ScrubOptions {
  /** From the start or the last scrub to the next, ms; 0 = never. */
  readonly scrubInterval: number;
  /** Is told what was damaged, or null when all was whole; must not throw. */
  readonly damage?: (found: string | null) => void;
}

/** Has a store read through from time to time. */
export class ScrubTimer {
  readonly #blocks: Blocks;
  readonly #clock: Clock;
  readonly #options: ScrubOptions;
  #last: number;
  #cancel: Cancel | null = null;
  #running: Promise<void> | null = null;
  /** Ends a pause. */
  #wake: (() => void) | null = null;
  #ended = false;

  /** `blocks` were verified just now. */
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

  #wait(): void {
    if (this.#ended) return;
    const { scrubInterval } = this.#options;
    const left = this.#last + scrubInterval - this.#clock.now();
    const pause = scrubInterval === 0 ? LOOK : Math.min(LOOK, left);
    this.#cancel = this.#clock.after(Math.max(0, pause), () => this.#look());
  }

  #look(): void {
    const { scrubInterval } = this.#options;
    const now = this.#clock.now();
    if (scrubInterval === 0 || now - this.#last < scrubInterval) {
      return this.#wait();
    }
    this.#running = this.#scrub().finally(() => {
      this.#running = null;
      this.#last = this.#clock.now();
      this.#wait();
    });
  }

  async #scrub(): Promise<void> {
    let found: string | null;
    try {
      found = await this.#blocks.scrub?.(() => this.#pause()) ?? null;
    } catch (error) {
      found = `the store could not be read through: ${
        (error as Error).message
      }`;
    }
    if (!this.#ended) this.#options.damage?.(found);
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
