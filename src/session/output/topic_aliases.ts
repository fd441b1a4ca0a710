import type { Topic } from "../../mqtt/mod.ts";

/**
 * Aliases that the broker gives to topics on one connection (3.3.2.3.4).
 * A used topic gets one. When all are taken, the new topic gets one that was not
 * used since the hand last passed it. Long topics get none: they would stay in
 * memory.
 *
 * The key is the topic name: a topic outside the match cache, and each retained
 * message, has an object of its own for the same name.
 */
export class TopicAliases {
  readonly #maximum: number;
  readonly #aliases = new Map<string, number>();
  readonly #names: (string | null)[] = [null];
  readonly #used: boolean[] = [false];
  #hand = 0;
  /** Whether the client knows the alias that `of` last returned. */
  known = false;

  /** `maximum` is at least 1. */
  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  /** Assigns an alias to `topic`: 1 to the maximum, 0 when none is free. */
  assign({ text, isLong }: Topic): number {
    const alias = this.#aliases.get(text);
    this.known = alias !== undefined;
    if (alias !== undefined) {
      this.#used[alias] = true;
      return alias;
    }
    if (isLong) return 0;
    const free = this.#names.length <= this.#maximum
      ? this.#names.length
      : this.#reclaim();
    if (free === 0) return 0;
    this.#aliases.set(text, free);
    this.#names[free] = text;
    this.#used[free] = true;
    return free;
  }

  /** Takes back an alias that was not sent. */
  forget({ text }: Topic): void {
    const alias = this.#aliases.get(text);
    if (alias === undefined) return;
    this.#aliases.delete(text);
    this.#names[alias] = null;
    this.#used[alias] = false;
  }

  #reclaim(): number {
    this.#hand = this.#hand % this.#maximum + 1;
    const name = this.#names[this.#hand];
    if (this.#used[this.#hand]) {
      this.#used[this.#hand] = false;
      return 0;
    }
    if (name !== null) this.#aliases.delete(name);
    return this.#hand;
  }
}
