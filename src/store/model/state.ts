import type { Message, QoS, SubscriptionOptions } from "../../mqtt/mod.ts";
import type { StoredBody } from "./stored_body.ts";

/*
 * What the store reads of the broker's state, and the fields it keeps in those
 * objects for itself. While the broker runs the state is theirs: the store only
 * notes which of them changed and reads them when it writes.
 */

/** Whoever may have state in the store: a session, by its `slot`. */
export interface SlotOwner {
  /** Owned by the store; begins null, and stays so when nothing is stored. */
  slot: SessionSlot | null;
}

/** The will of a session. */
export interface StoredWill {
  /** What is published; its `expiresAt` is set only then. */
  readonly message: Message;
  /** Seconds after the connection ended (MQTT 5.0, 3.1.3.2.2). */
  readonly delay: number;
  /** Seconds from when it is published; -1 when it never expires. */
  readonly messageExpiry: number;
}

/** Packet ids in a row; behind 65,535 comes 1. */
export interface PacketIdRange {
  /** 1 to 65,535. */
  readonly first: number;
  /** At least 1. */
  readonly count: number;
}

/** Packet ids of the QoS 2 messages sent to one client. */
export interface StoredPacketIds {
  /** The one that comes next, 1 to 65,535. */
  readonly next: number;
  /** So many, that one first, may be given without another word to the store. */
  readonly reserved: number;
  /** The client may hold them for messages that a crash made us forget. */
  readonly barred: readonly PacketIdRange[];
}

/** A session, as far as it outlives the broker. */
export interface StoredSession extends SlotOwner {
  /** Names the session. */
  readonly clientId: string;
  /** Seconds it outlives its connection; 0xFFFFFFFF = for ever. */
  readonly expiryInterval: number;
  /**
   * When its connection ended, ms of the clock; 0 while it has one. Expiry
   * and will delay count from here, also through a downtime.
   */
  readonly detachedAt: number;
  /** Who it belongs to. */
  readonly identity: {
    readonly username: string | null;
    /** Whether nothing proved the user name. @default {false} */
    readonly isClaimed?: boolean;
  };
  /** Whether its client is a bridge. */
  readonly bridge: boolean;
  /** Null when there is none, or when it has been published. */
  readonly will: StoredWill | null;
  /** QoS 2 packet ids received and not yet released (4.3.3). */
  readonly received: ReadonlySet<number>;
  /** Null until one had to be reserved. */
  readonly packetIds: StoredPacketIds | null;
}

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

/** A subscription of a session. It never changes: a new one replaces it. */
export interface StoredSubscription {
  /** The session. */
  readonly subscriber: SlotOwner;
  /** The filter, without `$share/group/`. */
  readonly filter: string;
  /** The share name, or null when it is not shared. */
  readonly share: string | null;
  /** How messages are to be delivered. */
  readonly options: SubscriptionOptions;
  /** Owned by the store; begins 0. */
  number: number;
  /** Owned by the store; begins 0. */
  block: number;
}

/** How an entry's message came to its session. */
export interface StoredDelivery {
  /** The session. */
  readonly subscriber: SlotOwner;
  /** Subscription identifiers, or null when there are none. */
  readonly identifiers: readonly number[] | null;
  /** The shared subscription it came by, or null. */
  readonly group: { readonly name: string; readonly filter: string } | null;
}

/**
 * A message that waits for one session, in its backlog (`packetId` 0) or in
 * its in-flight window. It stays the same object when it moves.
 */
export interface StoredEntry {
  /** A lasting message; null from PUBREC on, when only the id is needed. */
  readonly message: Message | null;
  /** The quality of service it is delivered with. */
  readonly qos: QoS;
  /** The RETAIN flag it is delivered with. */
  readonly retain: boolean;
  /** How it came to its session. */
  readonly delivery: StoredDelivery;
  /** Its packet id; 0 while it waits in the backlog. */
  readonly packetId: number;
  /** Owned by the store; begins 0. */
  number: number;
  /** Owned by the store; begins 0. */
  block: number;
  /** Owned by the store; begins null. */
  body: StoredBody | null;
  /** Owned by the store; begins false. */
  dirty: boolean;
}

/** The place of one topic among the retained messages, filled or empty. */
export interface RetainedPlace {
  /**
   * Owned by the store; begins 0. The block it stands in; below 0 while a
   * change of it has been noted and not been written.
   */
  block: number;
}

/** Reads what is retained at a place; the retained messages implement it. */
export interface RetainedSource {
  /** The message at `place`, or null when there is none any more. */
  messageAt(place: RetainedPlace): Message | null;
  /** The topic of `place`, also of one that was removed. */
  topicOf(place: RetainedPlace): string;
}
