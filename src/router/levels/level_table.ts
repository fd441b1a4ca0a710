import { hashText } from "./topic_hash.ts";

/** Up to here a look at each costs less than an index. */
const SMALL = 6;

/** Differs from process to process: colliding levels cannot be prepared. */
const SEED = Math.floor(Math.random() * 2 ** 32) | 0;

/** What a `LevelTable` finds its items by. */
export interface Leveled {
  /** Unlike that of every other item in the table. */
  readonly level: string;
}

/**
 * Children by their level, in the order in which they came. Unlike a map it
 * compares hashes that stand beside each other: to learn that a level is new,
 * one of a million, takes one look into memory instead of some six. And it
 * asks for a part of a text, so that no string is made only to ask.
 */
export class LevelTable<N extends Leveled> {
  /**
   * The items, null where one has gone. Whoever walks this array while the
   * table changes meets all that stay, maybe what comes, and maybe what went.
   */
  items: (N | null)[] = [];
  /** How many items there are. */
  size = 0;
  /** Hash and position + 1 of each, by the hash; null while there are few. */
  #slots: Int32Array | null = null;

  /** The item for the level of `text` from `start` to `end`. */
  get(text: string, start: number, end: number): N | undefined {
    const { items } = this;
    const slots = this.#slots;
    if (slots === null) {
      for (let i = 0; i < items.length; i++) {
        const item = items[i];
        if (item !== null && isLevel(item.level, text, start, end)) return item;
      }
      return undefined;
    }
    const hash = hashText(text, start, end, SEED) | 0;
    const mask = slots.length - 1;
    for (let at = hash << 1 & mask;; at = at + 2 & mask) {
      const position = slots[at + 1];
      if (position === 0) return undefined;
      if (slots[at] !== hash) continue;
      const item = items[position - 1];
      if (item !== null && isLevel(item.level, text, start, end)) return item;
    }
  }

  /** Adds an item; there must be none for its level. */
  add(item: N): void {
    const { length } = this.items;
    const slots = this.#slots;
    // At most two thirds of the slots are taken: searches stay short.
    const isFull = slots === null
      ? length >= SMALL
      : (length + 1) * 3 > slots.length;
    if (isFull) this.#rebuild();
    const position = this.items.push(item);
    this.size++;
    if (this.#slots !== null) put(this.#slots, hashOf(item), position);
  }

  /** Removes an item that is there. */
  remove(item: N): void {
    const { items } = this;
    items[this.#positionOf(item)] = null;
    this.size--;
    if (items.length > SMALL && this.size * 4 < items.length) this.#rebuild();
  }

  /** Puts `after`, of the same level, in the place of `before`, which is there. */
  replace(before: N, after: N): void {
    this.items[this.#positionOf(before)] = after;
  }

  #positionOf(item: N): number {
    const slots = this.#slots;
    if (slots === null) return this.items.indexOf(item);
    const mask = slots.length - 1;
    for (let at = hashOf(item) << 1 & mask;; at = at + 2 & mask) {
      const position = slots[at + 1] - 1;
      if (this.items[position] === item) return position;
    }
  }

  /** Makes room for as many again as there are, without those that went. */
  #rebuild(): void {
    const before = this.items;
    const slots = this.#slots;
    // Another array, as somebody may walk the old one.
    const items = before.length === this.size
      ? before
      : before.filter((item) => item !== null);
    this.items = items;
    if (this.size < SMALL) {
      this.#slots = null;
      return;
    }
    const wider = new Int32Array(4 * 2 ** Math.ceil(Math.log2(this.size)));
    this.#slots = wider;
    if (slots === null) {
      for (let i = 0; i < items.length; i++) {
        put(wider, hashOf(items[i]!), i + 1);
      }
      return;
    }
    // Their hashes are at hand: no item is touched, be it one of a million.
    const places = placesOf(before);
    for (let at = 0; at < slots.length; at += 2) {
      const place = places[slots[at + 1]];
      if (place !== 0) put(wider, slots[at], place);
    }
  }
}

/** Where each position + 1 is when nulls are left out; 0 for those. */
function placesOf(items: readonly unknown[]): Int32Array {
  const places = new Int32Array(items.length + 1);
  let place = 0;
  for (let i = 0; i < items.length; i++) {
    if (items[i] !== null) places[i + 1] = ++place;
  }
  return places;
}

/** Whether `level` is what stands in `text` from `start` to `end`. */
export function isLevel(
  level: string,
  text: string,
  start: number,
  end: number,
): boolean {
  if (level.length !== end - start) return false;
  // Backwards: levels differ at the end more often than at the start.
  for (let i = level.length, at = end; i > 0;) {
    if (level.charCodeAt(--i) !== text.charCodeAt(--at)) return false;
  }
  return true;
}

function hashOf(item: Leveled): number {
  return hashText(item.level, 0, item.level.length, SEED) | 0;
}

/** Takes the first free slot from where the hash says. */
function put(slots: Int32Array, hash: number, position: number): void {
  const mask = slots.length - 1;
  let at = hash << 1 & mask;
  while (slots[at + 1] !== 0) at = at + 2 & mask;
  slots[at] = hash;
  slots[at + 1] = position;
}
