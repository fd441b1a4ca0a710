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
  /** The received ids as they are on disk; null when there are none. */
  receivedStored: Set<number> | null = null;
  /** Received ids that changed since; may name one twice. */
  touchedIds: number[] | null = null;

  /** A slot that is not on disk yet. */
  constructor(number: number, session: StoredSession) {
    this.number = number;
    this.session = session;
  }
}
