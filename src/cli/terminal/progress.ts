import type { Cancel, Clock } from "../../clock/mod.ts";

/** Work that is over before this (ms) shows nothing. */
const PATIENCE = 400;

/** Between two looks (ms). */
const LOOK = 250;

/** Characters of a full bar. */
const WIDTH = 30;

/** Moves to the start of the line, and empties it. */
const CLEAR = "\r\x1b[K";

/** A line on a terminal that tells how far some long work has come. */
export class Progress {
  readonly #label: () => string;
  readonly #part: (() => Promise<number>) | null;
  readonly #clock: Clock;
  readonly #write: (text: string) => void;
  readonly #began: number;
  #next: Cancel;
  #isOver = false;
  #isShown = false;

  /**
   * Begins at once. `label` is a text, or makes it. `part` tells how much is done, from 0 to 1; without it the
   * line tells how long it has taken.
   */
  constructor(
    label: string | (() => string),
    part: (() => Promise<number>) | null,
    clock: Clock,
    write: (text: string) => void,
  ) {
    this.#label = typeof label === "string" ? () => label : label;
    this.#part = part;
    this.#clock = clock;
    this.#write = write;
    this.#began = clock.now();
    this.#next = clock.after(PATIENCE, () => this.#look());
  }

  /** Takes the line away. */
  end(): void {
    this.#isOver = true;
    this.#next();
    if (this.#isShown) this.#write(CLEAR);
  }

  async #look(): Promise<void> {
    const part = this.#part === null ? null : await this.#part();
    // It may have ended while the disk was asked.
    if (this.#isOver) return;
    this.#isShown = true;
    const seconds = Math.floor((this.#clock.now() - this.#began) / 1000);
    this.#write(
      `${CLEAR}${this.#label()} ${part === null ? `${seconds} s` : bar(part)}`,
    );
    this.#next = this.#clock.after(LOOK, () => this.#look());
  }
}

/** `[#######--------]  47 %`; what has not ended is never shown as full. */
function bar(part: number): string {
  const share = Math.min(Math.max(part, 0), 0.99);
  const full = Math.floor(share * WIDTH);
  const percent = String(Math.floor(share * 100)).padStart(3);
  return `[${"#".repeat(full)}${"-".repeat(WIDTH - full)}] ${percent} %`;
}
