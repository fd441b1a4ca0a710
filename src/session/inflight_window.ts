import type { Outgoing } from "./outgoing.ts";

/**
 * Messages sent with a packet id and not yet acknowledged. Ids count up, so
 * the id's low bits are its place in a table that is a little larger than the
 * window; an id whose place is taken is passed over.
 */
export class InflightWindow {
  #slots: (Outgoing | null)[] = [];
  #lastId = 0;
  #sequence = 0;
  /** How many are in it. */
  size = 0;

  /** Gives `entry` the next free packet id; at most 65,535 fit. */
  add(entry: Outgoing): void {
    if (this.size * 2 >= this.#slots.length) this.#grow();
    const mask = this.#slots.length - 1;
    let id = this.#lastId;
    do {
      id = id === 65535 ? 1 : id + 1;
    } while (this.#slots[id & mask] !== null);
    this.#lastId = id;
    this.size++;
    entry.packetId = id;
    entry.sequence = this.#sequence++;
    this.#slots[id & mask] = entry;
  }

  /**
   * Puts an entry back that has its packet id from an earlier run; false when
   * the id is taken, as only a damaged store could have it.
   */
  restore(entry: Outgoing): boolean {
    const id = entry.packetId;
    if (this.get(id) !== null) return false;
    while (
      this.size * 2 >= this.#slots.length ||
      this.#slots[id & (this.#slots.length - 1)] !== null
    ) this.#grow();
    this.#slots[id & (this.#slots.length - 1)] = entry;
    this.#lastId = id;
    this.size++;
    entry.sequence = this.#sequence++;
    return true;
  }

  /**
   * Goes on with ids from somewhere else. A crash may have made us forget some
   * that were given, and a client that still holds one would take a new message
   * of that id for the old one. `now` is in ms: starts within seconds of each
   * other get places far apart (multiples of the golden section).
   */
  leap(now: number): void {
    const id = Math.floor(now / 100) % 65536 * 40503 % 65535;
    const apart = Math.abs(id - this.#lastId);
    const isNear = this.size > 0 && Math.min(apart, 65535 - apart) < 8192;
    this.#lastId = isNear ? (id + 32768) % 65535 : id;
  }

  /** The entry with this packet id, or null. */
  get(packetId: number): Outgoing | null {
    if (this.size === 0) return null;
    const entry = this.#slots[packetId & (this.#slots.length - 1)];
    return entry !== null && entry.packetId === packetId ? entry : null;
  }

  /** Takes an entry out; its id is free again. */
  remove(entry: Outgoing): void {
    this.#slots[entry.packetId & (this.#slots.length - 1)] = null;
    this.size--;
  }

  /** All entries in the order in which they were first sent. */
  inOrder(): Outgoing[] {
    const entries: Outgoing[] = [];
    for (const entry of this.#slots) if (entry !== null) entries.push(entry);
    return entries.sort((a, b) => a.sequence - b.sequence);
  }

  #grow(): void {
    const old = this.#slots;
    // Twice as many low bits keep different ids apart: nothing can collide.
    const size = Math.max(8, old.length * 2);
    this.#slots = new Array(size).fill(null);
    for (const entry of old) {
      if (entry !== null) this.#slots[entry.packetId & (size - 1)] = entry;
    }
  }
}
