import type { PacketIdRange, StoredPacketIds } from "../../store/mod.ts";
import type { InflightWindow } from "./inflight_window.ts";

/** Number of packet ids. */
const IDS = 65535;

/**
 * Ids reserved at first and at most. With half of them left the reserve takes
 * eight times as many: a session that sends little leaves few ids to be freed
 * after a crash.
 */
const FIRST_RESERVE = 64;
const RESERVE = 2048;

/** Most barred ids; a window relies on it (`InflightWindow.barred`). */
const MOST_BARRED = 16_384;

/** The disk, as far as a reserve needs it. */
export interface Disk {
  /** Number of the batch that will hold changes noted now. */
  readonly batch: number;
  /** Calls `task` once `batch` is on disk, whatever the mode promises. */
  onStored(batch: number, task: () => void): void;
  /** Has the noted changes written soon, and not a flush interval later. */
  writeSoon(): void;
}

/** The session of a reserve. */
export interface ReserveOwner {
  /** Notes the session in the store, with its ids. */
  noted(): void;
  /** Tries again the messages that `admits` refused. */
  granted(): void;
}

/**
 * Keeps new QoS 2 messages from the packet ids that a client may still hold.
 *
 * Where acknowledgements do not wait for the disk, a crash loses the last batch,
 * and with it the ids given since. A client that has answered PUBREC holds such
 * an id until a PUBREL that never comes, and takes any message of that id for the
 * one it has [MQTT-4.3.3-10]: a new message would be lost, long after the crash.
 * So an id is given only once it is reserved on disk. Ids that are reserved when
 * the broker crashes are barred until the client has answered PUBREL for all of
 * them: from PUBCOMP on it holds none.
 *
 * A stop gives the rest of the reservation back, so it bars no ids. Beyond 16,384
 * barred ids, after 8 crashes or more without an answer, the oldest are usable
 * again.
 */
export class IdReserve {
  readonly #window: InflightWindow;
  readonly #disk: Disk;
  readonly #owner: ReserveOwner;
  /** First serial number that is not reserved. */
  #end = 0;
  /** The disk's `#end`: less only while a commit is awaited. */
  #storedEnd = 0;
  /** Ids reserved the last time. */
  #size = FIRST_RESERVE / 8;
  /** Barred ids whose PUBREL the client has not answered, or null. */
  #asked: Set<number> | null = null;

  /** `stored` are the ids that the store had of the session, or null. */
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

  /** Returns the state that has to last. */
  get stored(): StoredPacketIds {
    const next = this.#window.seekSerial();
    // Ids in flight whose messages the store does not have are barred, too.
    const unknown = this.#window.volatileIds()
      .map((first) => ({ first, count: 1 }));
    return {
      next: next % IDS + 1,
      reserved: Math.max(0, this.#end - next),
      barred: withRanges(this.#window.barred, unknown),
    };
  }

  /**
   * Returns whether the window may number a QoS 2 message now. If not, `granted`
   * follows soon. `isNew`: the disk has no session of this client, nor is one on
   * its way, so one batch will hold the session together with its reserve.
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

  /** Gives the rest of the reservation back: the broker stops. */
  giveBack(): void {
    const next = this.#window.seekSerial();
    if (this.#end <= next) return;
    this.#end = this.#storedEnd = next;
    this.#owner.noted();
  }

  /**
   * Calls `release`, which sends PUBREL, with each barred id: the client is back.
   * QoS 2 messages in flight free their ids by their own exchange.
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

  /** Returns whether a PUBCOMP answers one of these PUBRELs. */
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

/** Returns `ranges` with `added`, without the oldest beyond the bound. */
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

/** Returns whether `next` begins where `range` ends; behind 65,535 comes 1. */
function endsBefore(range: PacketIdRange, next: PacketIdRange): boolean {
  return (range.first + range.count - next.first) % IDS === 0;
}
