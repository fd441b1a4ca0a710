/** Denials that are remembered; the oldest gives way. */
const MOST = 1000;

/** An answer that did not allow what was asked. */
export interface Denial {
  readonly kind: "deny" | "ignore" | "failed";
  /** The reason, as a phrase for the log. */
  readonly reason: string;
}

/** The last answers that allowed nothing, by the name of their question. */
export class RecentDenials {
  readonly #denials = new Map<string, Denial>();

  /** Remembers the answer to the question of this name. */
  add(name: string, denial: Denial): void {
    // Set anew, it is the youngest again.
    this.#denials.delete(name);
    this.#denials.set(name, denial);
    if (this.#denials.size <= MOST) return;
    const [oldest] = this.#denials.keys();
    this.#denials.delete(oldest);
  }

  /** Returns the answer; null when it is not remembered. */
  get(name: string): Denial | null {
    return this.#denials.get(name) ?? null;
  }
}
