import type { Message, QoS, SubscriptionOptions } from "../../mqtt/mod.ts";
import type { StoredBody } from "./stored_body.ts";

/*
 * The parts of the broker's state that the store reads, and the fields that it
 * keeps in those objects for itself. While the broker runs, it owns the state:
 * the store notes which objects have changed, and reads them when it writes.
 */

/** An owner of state in the store: a session, by its `slot`. */
export interface SlotOwner {
  /** Owned by the store; null at first, and for good when nothing is stored. */
  slot: SessionSlot | null;
}

/** The will of a session. */
export interface StoredWill {
  /** The message of the will; it gets `expiresAt` when it is published. */
  readonly message: Message;
  /** Seconds after the connection ended (MQTT 5.0, 3.1.3.2.2). */
  readonly delay: number;
  /** Seconds from when it is published; -1 when it never expires. */
  readonly messageExpiry: number;
}

/** Consecutive packet ids; 1 follows 65,535. */
export interface PacketIdRange {
  /** 1 to 65,535. */
  readonly first: number;
  /** At least 1. */
  readonly count: number;
}

/** Packet ids of the QoS 2 messages sent to one client. */
export interface StoredPacketIds {
  /** The next packet id, 1 to 65,535. */
  readonly next: number;
  /** Packet ids from `next` on that may be used without another commit. */
  readonly reserved: number;
  /** Packet ids that the client may hold for messages lost in a crash. */
  readonly barred: readonly PacketIdRange[];
}

/** The persistent part of a session. */
export interface StoredSession extends SlotOwner {
  /** Names the session. */
  readonly clientId: string;
  /** Session Expiry Interval (0x11) in seconds; 0xFFFFFFFF = never. */
  readonly expiryInterval: number;
  /**
   * When its connection ended, ms of the clock; 0 while it has one. Expiry and
   * will delay count from then, also through a downtime.
   */
  readonly detachedAt: number;
  /** The owner of the session. */
  readonly identity: {
    readonly username: string | null;
    /**
     * Whether the user name is unproved.
     *
     * @default {false}
     */
    readonly isClaimed?: boolean;
  };
  /** Whether its client is a bridge. */
  readonly bridge: boolean;
  /** Null without a will, or after its publication. */
  readonly will: StoredWill | null;
  /** QoS 2 packet ids received and not yet released (4.3.3). */
  readonly received: ReadonlySet<number>;
  /** Null until packet ids were reserved. */
  readonly packetIds: StoredPacketIds | null;
}

/** The store's record of one session, kept in the session. */
export class SessionSlot {
  /** Names the session in records; never used twice. */
  readonly number: number;
  /** The session it belongs to. */
  readonly session: StoredSession;
  /** Block of its latest record; 0 before the first. */
  block = 0;
  /** Whether a change of the session itself is noted. */
  dirty = false;
  /** Whether the session has ended: records that name it are dead. */
  ended = false;
  /** Oldest block needed for its received ids; 0 = no ids. */
  receivedBlock = 0;
  /** The received ids as last encoded; null = none. */
  receivedStored: Set<number> | null = null;
  /** Received ids that the batch `receivedBatch` takes off the disk. */
  receivedLeaving: Set<number> | null = null;
  /** Number of the batch in which received ids were last encoded. */
  receivedBatch = 0;
  /** Received ids that changed since; may contain duplicates. */
  touchedIds: number[] | null = null;

  /** A slot that is not on disk yet. */
  constructor(number: number, session: StoredSession) {
    this.number = number;
    this.session = session;
  }

  /**
   * Returns whether the disk has `packetId` as received; `stored` as in
   * `Store`.
   */
  hasReceived(packetId: number, stored: number): boolean {
    return this.receivedBatch <= stored &&
      (this.receivedStored?.has(packetId) ?? false);
  }

  /**
   * Returns whether a crash now could bring back `packetId` as received, though
   * it may be released by now; `stored` as in `Store`.
   */
  mayReceive(packetId: number, stored: number): boolean {
    return (this.receivedStored?.has(packetId) ?? false) ||
      (this.receivedBatch > stored &&
        (this.receivedLeaving?.has(packetId) ?? false));
  }

  /** Returns the same for any packet id. */
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
  /** The Subscription Options. */
  readonly options: SubscriptionOptions;
  /** Owned by the store; begins 0. */
  number: number;
  /** Owned by the store; begins 0. */
  block: number;
}

/** The way of an entry's message to its session. */
export interface StoredDelivery {
  /** The session. */
  readonly subscriber: SlotOwner;
  /** Subscription identifiers, or null when there are none. */
  readonly identifiers: readonly number[] | null;
  /** The shared subscription that chose the session, or null. */
  readonly group: { readonly name: string; readonly filter: string } | null;
}

/**
 * A message that waits for one session, in its backlog (`packetId` 0) or in
 * its in-flight window. It stays the same object when it moves.
 */
export interface StoredEntry {
  /**
   * A lasting message; null after PUBREC, when only the packet id is needed.
   */
  readonly message: Message | null;
  /** QoS of the delivery. */
  readonly qos: QoS;
  /** RETAIN flag of the delivery. */
  readonly retain: boolean;
  /** The way of its message to the session. */
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
   * Owned by the store; 0 at first. The block of its record; negative while a
   * change is noted and not written.
   */
  block: number;
}

/** Reads what is retained at a place; the retained messages implement it. */
export interface RetainedSource {
  /** Returns the message at `place`, or null when none is retained. */
  messageAt(place: RetainedPlace): Message | null;
  /** Returns the topic of `place`, also after its removal. */
  topicOf(place: RetainedPlace): string;
}
