import { hashText } from "./topic_hash.ts";

/** Number of items up to which comparing each costs less than an index. */
const SMALL = 6;

/** Differs from process to process: clients cannot prepare colliding levels. */
const SEED = Math.floor(Math.random() * 2 ** 32) | 0;

/** An item of a `LevelTable`. */
export interface Leveled {
  /** Its level, which no other item of the table has. */
  readonly level: string;
}

/**
 * Children by their level, in the order of adding. Unlike a map it compares
 * hashes that are neighbours in memory: a level that is new among a million
 * costs one access instead of some six. A lookup by a part of a text makes no
 * string.
 */
export class LevelTable<N extends Leveled> {
  /**
   * The items, null in place of a removed one. A walk over this array while the
   * table changes visits all items that stay, and perhaps new and removed ones.
   */
  items: (N | null)[] = [];
  /** Number of items. */
  size = 0;
  /** Hash and position + 1 of each item, by the hash; null for few items. */
  #slots: Int32Array | null = null;

  /** Returns the item for the level of `text` from `start` up to `end`. */
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

  /** Adds an item, the only one of its level. */
  add(item: N): void {
    const { length } = this.items;
    const slots = this.#slots;
    // At most two thirds of the slots are in use: searches stay short.
    const isFull = slots === null
      ? length >= SMALL
      : (length + 1) * 3 > slots.length;
    if (isFull) this.#rebuild();
    const position = this.items.push(item);
    this.size++;
    if (this.#slots !== null) put(this.#slots, hashOf(item), position);
  }

  /** Removes an item of the table. */
  remove(item: N): void {
    const { items } = this;
    items[this.#positionOf(item)] = null;
    this.size--;
    if (items.length > SMALL && this.size * 4 < items.length) this.#rebuild();
  }

  /** Replaces the item `before` by `after`, which has the same level. */
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

  /** Makes room for twice the items, without the places of removed ones. */
  #rebuild(): void {
    const before = this.items;
    const slots = this.#slots;
    // Another array: a walk over the old one may be under way.
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
    // The hashes are here: no item is read, of a million perhaps.
    const places = placesOf(before);
    for (let at = 0; at < slots.length; at += 2) {
      const place = places[slots[at + 1]];
      if (place !== 0) put(wider, slots[at], place);
    }
  }
}

/** Maps position + 1 to position + 1 without the nulls; 0 for the nulls. */
function placesOf(items: readonly unknown[]): Int32Array {
  const places = new Int32Array(items.length + 1);
  let place = 0;
  for (let i = 0; i < items.length; i++) {
    if (items[i] !== null) places[i + 1] = ++place;
  }
  return places;
}

/** Returns whether `text` has `level` from `start` up to `end`. */
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

/** Takes the first free slot from the place of the hash on. */
function put(slots: Int32Array, hash: number, position: number): void {
  const mask = slots.length - 1;
  let at = hash << 1 & mask;
  while (slots[at + 1] !== 0) at = at + 2 & mask;
  slots[at] = hash;
  slots[at + 1] = position;
}
