import type { PacketIdRange, StoredPacketIds } from "../../store/mod.ts";
import type { InflightWindow } from "./inflight_window.ts";

/** Packet ids there are. */
const IDS = 65535;

/**
 * Ids reserved at first and at most. With half of them left it is done anew, for
 * eight times as many: a session that sends little leaves little to be freed
 * after a crash.
 */
const FIRST_RESERVE = 64;
const RESERVE = 2048;

/** Ids barred at most; a window relies on it (`InflightWindow.barred`). */
const MOST_BARRED = 16_384;

/** The disk, as far as a reserve needs it. */
export interface Disk {
  /** Number of the batch that will hold what is noted now. */
  readonly batch: number;
  /** Calls `task` once `batch` is on disk, whatever the mode promises. */
  onStored(batch: number, task: () => void): void;
  /** Has what was noted written soon, and not a flush interval later. */
  writeSoon(): void;
}

/** What a reserve asks of the session it belongs to. */
export interface ReserveOwner {
  /** Notes the session in the store, with its ids. */
  noted(): void;
  /** What `admits` refused may be tried again. */
  granted(): void;
}

/**
 * Keeps new QoS 2 messages from the packet ids that a client may still hold.
 *
 * Where acknowledgements do not wait for the disk, a crash takes the last
 * batch with it, and with it the knowledge of ids given since. A client that
 * has answered PUBREC holds such an id until a PUBREL that never comes, and
 * has to take any message of that id for the one it has [MQTT-4.3.3-10]: a new
 * message would be lost, long after the crash. So an id is given only once the
 * disk says that it may have been. What was reserved when the broker ended is
 * barred until the client has answered PUBREL for all of it: from PUBCOMP on it
 * holds none of these ids.
 *
 * A stop gives back what is left of the reservation, so it bars nothing. Beyond
 * 16,384 barred ids, after 8 crashes or more without an answer, the oldest are
 * forgotten.
 */
export class IdReserve {
  readonly #window: InflightWindow;
  readonly #disk: Disk;
  readonly #owner: ReserveOwner;
  /** Serial numbers from here on are not reserved. */
  #end = 0;
  /** The same as far as it is on disk; less only while a commit is awaited. */
  #storedEnd = 0;
  /** Ids reserved the last time. */
  #size = FIRST_RESERVE / 8;
  /** Barred ids whose PUBREL the client has not answered, or null. */
  #asked: Set<number> | null = null;

  /** `stored` is what the store had of the session, or null. */
  constructor(
    window: InflightWindow,
    disk: Disk,
    owner: ReserveOwner,
    stored: StoredPacketIds | null,
  ) {
    this.#window = window;
    this.#disk = disk;
    this.#owner = owner;
    if (stored === null) return;
    const { next, reserved, barred } = stored;
    window.barred = withRanges(barred, [{ first: next, count: reserved }]);
    this.#end = this.#storedEnd = next - 1 + reserved;
    window.goOnAt(this.#end);
  }

  /** What has to last of it. */
  get stored(): StoredPacketIds {
    const next = this.#window.seekSerial();
    // Behind `next` those count whose messages the store does not have.
    const unknown = this.#window.volatileIds()
      .map((first) => ({ first, count: 1 }));
    return {
      next: next % IDS + 1,
      reserved: Math.max(0, this.#end - next),
      barred: withRanges(this.#window.barred, unknown),
    };
  }

  /**
   * Whether the window may number a QoS 2 message now. If not, it will be soon,
   * and the owner is told. `isNew`: the disk knows no session of this client,
   * nor is it being told of one, so without another word it will be told of the
   * session and of what is reserved at once.
   */
  admits(isNew: boolean): boolean {
    const next = this.#window.seekSerial();
    const isPending = this.#storedEnd < this.#end;
    if (next + this.#size / 2 >= this.#end && !isPending) {
      this.#size = Math.min(RESERVE, this.#size * 8);
      this.#extend(next + this.#size, isNew);
    }
    if (next < this.#storedEnd) return true;
    this.#disk.writeSoon();
    return false;
  }

  /** Gives back what was reserved: nothing is sent any more. */
  giveBack(): void {
    const next = this.#window.seekSerial();
    if (this.#end <= next) return;
    this.#end = this.#storedEnd = next;
    this.#owner.noted();
  }

  /**
   * The client is back: calls `release`, which sends PUBREL, with each barred
   * id. QoS 2 messages in flight free theirs by their own exchange.
   */
  free(release: (packetId: number) => void): void {
    const asked = this.#asked = new Set<number>();
    for (const { first, count } of this.#window.barred) {
      for (let at = 0; at < count; at++) {
        const packetId = (first - 1 + at) % IDS + 1;
        if (this.#window.get(packetId)?.qos === 2) continue;
        asked.add(packetId);
        release(packetId);
      }
    }
    if (asked.size === 0) this.#freedAll();
  }

  /** PUBCOMP came: whether it answers one of these PUBRELs. */
  freed(packetId: number): boolean {
    if (this.#asked === null || !this.#asked.delete(packetId)) return false;
    if (this.#asked.size === 0) this.#freedAll();
    return true;
  }

  #freedAll(): void {
    this.#asked = null;
    if (this.#window.barred.length === 0) return;
    this.#window.barred = [];
    this.#owner.noted();
  }

  #extend(end: number, isNew: boolean): void {
    this.#end = end;
    if (isNew) {
      this.#storedEnd = end;
      return this.#owner.noted();
    }
    this.#owner.noted();
    this.#disk.onStored(this.#disk.batch, () => {
      if (this.#end !== end) return; // given back meanwhile
      this.#storedEnd = end;
      this.#owner.granted();
    });
  }
}

/** `ranges` and `added` behind them; without the oldest beyond the bound. */
function withRanges(
  ranges: readonly PacketIdRange[],
  added: readonly PacketIdRange[],
): readonly PacketIdRange[] {
  const all = [...ranges];
  for (const range of added) {
    if (range.count === 0) continue;
    const last = all.at(-1);
    if (last !== undefined && endsBefore(last, range)) {
      all[all.length - 1] = {
        first: last.first,
        count: last.count + range.count,
      };
    } else all.push(range);
  }
  let excess = -MOST_BARRED;
  for (const { count } of all) excess += count;
  let from = 0;
  while (excess > 0) {
    const { first, count } = all[from];
    if (count > excess) {
      const begin = (first - 1 + excess) % IDS + 1;
      all[from] = { first: begin, count: count - excess };
    } else from++;
    excess -= count;
  }
  return from === 0 ? all : all.slice(from);
}

/** Whether `next` goes on where `range` ends; behind 65,535 comes 1. */
function endsBefore(range: PacketIdRange, next: PacketIdRange): boolean {
  return (range.first + range.count - next.first) % IDS === 0;
}
