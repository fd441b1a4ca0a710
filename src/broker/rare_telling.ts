import type { Cancel, Clock } from "../clock/mod.ts";

/** Told in one minute; strangers must not fill the log. */
const MOST = 20;

const MINUTE = 60_000;

/** Tells what strangers bring about: the same once a minute, and not too much. */
export class RareTelling {
  readonly #clock: Clock;
  readonly #tellRest: (count: number) => void;
  /** Told in this minute. */
  readonly #told = new Set<string>();
  #untold = 0;
  #minute: Cancel | null = null;

  /** `tellRest` is called at a minute's end with how many were not told. */
  constructor(clock: Clock, tellRest: (count: number) => void) {
    this.#clock = clock;
    this.#tellRest = tellRest;
  }

  /** Calls `tell`, unless `key` or too many others were told this minute. */
  tell(key: string, tell: () => void): void {
    if (this.#told.has(key)) return;
    if (this.#told.size >= MOST) {
      this.#untold++;
      return;
    }
    this.#told.add(key);
    this.#minute ??= this.#clock.after(MINUTE, () => this.#next());
    tell();
  }

  /** Ends its timer. */
  stop(): void {
    this.#minute?.();
  }

  #next(): void {
    this.#minute = null;
    this.#told.clear();
    if (this.#untold > 0) this.#tellRest(this.#untold);
    this.#untold = 0;
  }
}
