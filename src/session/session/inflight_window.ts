import { broken } from "../../errors/mod.ts";
import type { PacketIdRange, Store } from "../../store/mod.ts";
import type { Outgoing } from "../core/outgoing.ts";
import { OrderedMap } from "./ordered_map.ts";

/** Number of packet ids: 1 to 65,535 [MQTT-2.2.1-3]. */
const IDS = 65535;

/**
 * Most messages in flight to one client. With some hundred free ids the search
 * for one takes 123 steps on average in the worst case; with a single free id it
 * could take 65,535 a message.
 */
export const MOST_IN_FLIGHT = 65_000;

/** Barred ids of most windows: none. */
const NONE: readonly never[] = [];

/**
 * Messages sent with a packet id and not yet acknowledged, and which of them
 * the present connection still has to send again (4.4). Ids count up, so
 * the id's low bits are its place in a table that is a little larger than the
 * window; an id whose place is taken is passed over.
 *
 * QoS 1 and QoS 2 have counters of their own. A client keeps QoS 2 ids, also over
 * a crash of the broker, so `IdReserve` guards them: QoS 1 must not use them up.
 */
export class InflightWindow {
  #slots: (Outgoing | null)[] = [];
  #lastId = 0;
  #serial = 0;
  #sequence = 0;
  /** Number of entries. */
  size = 0;
  /** Number of entries sent on the present connection. */
  outstanding = 0;
  /** Entries to be sent again, by packet id; null when none are left. */
  #resend: OrderedMap<number, Outgoing> | null = null;
  /**
   * Ids that no QoS 2 message gets, 16,384 at most: windows of up to 32,767 find
   * a free id without them. A larger window uses them all the same.
   */
  barred: readonly PacketIdRange[] = NONE;

  /** Returns whether all 65,535 packet ids are in use. */
  get full(): boolean {
    return this.size >= IDS;
  }

  /** Returns whether entries are left that have to be sent again. */
  get isResending(): boolean {
    return this.#resend !== null;
  }

  /** Begins a connection: all entries have to be sent again. */
  resume(): void {
    this.outstanding = 0;
    if (this.size === 0) return;
    this.#resend = new OrderedMap();
    for (const entry of this.inOrder()) {
      entry.sent = false;
      this.#resend.set(entry.packetId, entry);
    }
  }

  /** Ends a connection: its successor calls `resume`. */
  suspend(): void {
    this.#resend = null;
  }

  /** Returns the next entry to be sent again, in order, or null. */
  unsent(): Outgoing | null {
    const next = this.#resend?.first() ?? null;
    if (next === null) this.#resend = null;
    return next;
  }

  /** Notes that `entry`, which `unsent` returned, was sent again. */
  resent(entry: Outgoing): void {
    this.#resend!.delete(entry.packetId);
    entry.sent = true;
    this.outstanding++;
  }

  /** Gives `entry` the next free packet id. Throws RangeError when `full`. */
  add(entry: Outgoing): void {
    // A search for a free id would never end.
    if (this.full) throw new RangeError("all packet ids are in flight");
    if (this.size * 2 >= this.#slots.length) this.#grow();
    const id = entry.qos === 2 ? this.seekSerial() % IDS + 1 : this.#nextId();
    if (entry.qos === 2) this.#serial++;
    this.size++;
    entry.packetId = id;
    entry.sequence = this.#sequence++;
    entry.sent = true;
    this.outstanding++;
    this.#slots[id & (this.#slots.length - 1)] = entry;
  }

  /**
   * Moves on to the serial number of the next QoS 2 message, and returns it. It
   * goes on where the id begins anew: the id is its remainder by 65,535, plus 1.
   * While the window is `full` the number is the lowest that may come next.
   */
  seekSerial(): number {
    if (this.full) return this.#serial;
    if (this.size * 2 >= this.#slots.length) this.#grow();
    const mask = this.#slots.length - 1;
    const barred = this.size * 2 < IDS ? this.barred : NONE;
    for (let serial = this.#serial;; serial++) {
      const id = serial % IDS + 1;
      if (this.#slots[id & mask] !== null) continue;
      if (barred.length > 0 && isAmong(id, barred)) continue;
      return this.#serial = serial;
    }
  }

  /** Has QoS 2 go on at this serial number. */
  goOnAt(serial: number): void {
    this.#serial = serial;
  }

  /**
   * Puts an entry of an earlier run back with its packet id. Returns false when
   * the id is in use, as in a damaged store only.
   */
  restore(entry: Outgoing): boolean {
    const id = entry.packetId;
    if (this.get(id) !== null) return false;
    while (
      this.size * 2 >= this.#slots.length ||
      this.#slots[id & (this.#slots.length - 1)] !== null
    ) this.#grow();
    this.#slots[id & (this.#slots.length - 1)] = entry;
    if (entry.qos !== 2) this.#lastId = id;
    this.size++;
    entry.sequence = this.#sequence++;
    return true;
  }

  /** Returns the entry with this packet id, or null. */
  get(packetId: number): Outgoing | null {
    if (this.size === 0) return null;
    const entry = this.#slots[packetId & (this.#slots.length - 1)];
    return entry !== null && entry.packetId === packetId ? entry : null;
  }

  /** Removes an entry; its id is free again. */
  remove(entry: Outgoing): void {
    this.#slots[entry.packetId & (this.#slots.length - 1)] = null;
    if (--this.size < 0) this.size = broken("inflight-messages", this.size);
    if (!entry.sent) this.#resend?.delete(entry.packetId);
    else if (--this.outstanding < 0) {
      this.outstanding = broken("inflight-messages", this.outstanding);
    }
  }

  /** Returns all entries in the order of their first sending. */
  inOrder(): Outgoing[] {
    const entries: Outgoing[] = [];
    for (const entry of this.#slots) if (entry !== null) entries.push(entry);
    return entries.sort((a, b) => a.sequence - b.sequence);
  }

  /**
   * Returns whether a crash could bring back, as one to be sent, a QoS 2 message
   * that the client may have: the disk has it without its PUBREC.
   */
  mayRepeat(store: Pick<Store, "isStored">): boolean {
    for (const entry of this.#slots) {
      if (entry === null || entry.qos !== 2 || entry.number === 0) continue;
      if (entry.message !== null || !store.isStored(entry)) return true;
    }
    return false;
  }

  /** Returns the packet ids of QoS 2 messages that no store keeps. */
  volatileIds(): number[] {
    const ids: number[] = [];
    for (const entry of this.#slots) {
      if (entry?.volatile && entry.qos === 2) ids.push(entry.packetId);
    }
    return ids;
  }

  #nextId(): number {
    const mask = this.#slots.length - 1;
    let id = this.#lastId;
    do {
      id = id === IDS ? 1 : id + 1;
    } while (this.#slots[id & mask] !== null);
    return this.#lastId = id;
  }

  #grow(): void {
    const old = this.#slots;
    // Ids that differ in their low bits differ in one bit more: no collision.
    const size = Math.max(8, old.length * 2);
    this.#slots = new Array(size).fill(null);
    for (const entry of old) {
      if (entry !== null) this.#slots[entry.packetId & (size - 1)] = entry;
    }
  }
}

/** Returns whether one of `ranges` has `id`; behind 65,535 they go on at 1. */
function isAmong(id: number, ranges: readonly PacketIdRange[]): boolean {
  return ranges.some(({ first, count }) => (id - first + IDS) % IDS < count);
}
