import type { StoredSession } from "./state.ts";

/** What the store knows of one session; the session carries it. */
export class SessionSlot {
  /** Names the session in records; never used twice. */
  readonly number: number;
  /** The session it belongs to. */
  readonly session: StoredSession;
  /** Block with its latest record; 0 before the first. */
  block = 0;
  /** Whether a change of the session itself has been noted. */
  dirty = false;
  /** Whether the session is over: what still names it is dead. */
  ended = false;
  /** Oldest block needed to know its received ids; 0 when there are none. */
  receivedBlock = 0;
  /** The received ids as last encoded; null when there are none. */
  receivedStored: Set<number> | null = null;
  /** Received ids that the batch `receivedBatch` takes off the disk. */
  receivedLeaving: Set<number> | null = null;
  /** Number of the batch in which received ids were last encoded. */
  receivedBatch = 0;
  /** Received ids that changed since; may name one twice. */
  touchedIds: number[] | null = null;

  /** A slot that is not on disk yet. */
  constructor(number: number, session: StoredSession) {
    this.number = number;
    this.session = session;
  }

  /** Whether the disk has `packetId` as received; `stored` as in `Store`. */
  hasReceived(packetId: number, stored: number): boolean {
    return this.receivedBatch <= stored &&
      (this.receivedStored?.has(packetId) ?? false);
  }

  /**
   * Whether a crash now could bring `packetId` back as a received one, though
   * it may be released by now; `stored` as in `Store`.
   */
  mayReceive(packetId: number, stored: number): boolean {
    return (this.receivedStored?.has(packetId) ?? false) ||
      (this.receivedBatch > stored &&
        (this.receivedLeaving?.has(packetId) ?? false));
  }

  /** The same of any packet id at all. */
  mayReceiveAny(stored: number): boolean {
    return (this.receivedStored?.size ?? 0) > 0 ||
      (this.receivedBatch > stored && this.receivedLeaving !== null);
  }
}
