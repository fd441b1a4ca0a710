import type { Topic } from "../mqtt/mod.ts";

/**
 * Aliases that the broker gives to topics on one connection (3.3.2.3.4).
 * A topic gets one when it is used; when all are taken, one that was not used
 * since the hand last passed it goes to the new topic.
 */
export class TopicAliases {
  readonly #maximum: number;
  readonly #aliases = new Map<Topic, number>();
  readonly #topics: (Topic | null)[] = [null];
  readonly #used: boolean[] = [false];
  #hand = 0;
  /** Whether the client knows the alias that `of` last returned. */
  known = false;

  /** `maximum` is at least 1. */
  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  /** The alias for `topic`, 1 to the maximum; 0 when none is free. */
  of(topic: Topic): number {
    const alias = this.#aliases.get(topic);
    this.known = alias !== undefined;
    if (alias !== undefined) {
      this.#used[alias] = true;
      return alias;
    }
    const free = this.#topics.length <= this.#maximum
      ? this.#topics.length
      : this.#reclaim();
    if (free === 0) return 0;
    this.#aliases.set(topic, free);
    this.#topics[free] = topic;
    this.#used[free] = true;
    return free;
  }

  /** Takes back an alias that was not sent after all. */
  forget(topic: Topic): void {
    const alias = this.#aliases.get(topic);
    if (alias === undefined) return;
    this.#aliases.delete(topic);
    this.#topics[alias] = null;
    this.#used[alias] = false;
  }

  #reclaim(): number {
    this.#hand = this.#hand % this.#maximum + 1;
    const topic = this.#topics[this.#hand];
    if (this.#used[this.#hand]) {
      this.#used[this.#hand] = false;
      return 0;
    }
    if (topic !== null) this.#aliases.delete(topic);
    return this.#hand;
  }
}
