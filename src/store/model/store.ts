import type { Message, QoS, SubscriptionOptions } from "../../mqtt/mod.ts";
import type {
  RetainedPlace,
  RetainedSource,
  StoredDelivery,
  StoredEntry,
  StoredPacketIds,
  StoredSession,
  StoredSubscription,
  StoredWill,
} from "./state.ts";

/**
 * What a mode promises:
 * - `memory`: nothing is on disk.
 * - `buffered`: acknowledged at once, on disk a flush interval later.
 * - `durable`: acknowledged when it is on disk.
 * - `fault-tolerant`: durable, and a second copy mends a torn store.
 */
export type StorageMode = "memory" | "buffered" | "durable" | "fault-tolerant";

/**
 * Takes notes of what changed. Each call is cheap: an object is only marked,
 * and read when the batch is written, so that what is undone before then costs
 * nothing. Sessions without a slot are not stored: what is noted of them is
 * ignored.
 */
export interface Changes {
  /**
   * Makes `session` a stored one, or says that something of it itself changed:
   * expiry, owner, will, attached or detached.
   */
  sessionChanged(session: StoredSession): void;
  /**
   * The session is over. After this its entries have to be `done` and its
   * subscriptions `unsubscribed`, which then writes nothing; its received ids
   * need no word.
   */
  sessionEnded(session: StoredSession): void;
  /**
   * A subscription was made. One that it replaces is `unsubscribed` first.
   */
  subscribed(subscription: StoredSubscription): void;
  /** A subscription is over. */
  unsubscribed(subscription: StoredSubscription): void;
  /** An entry was put into a backlog or a window: once for each. */
  queued(entry: StoredEntry): void;
  /** Its packet id was given, or its message let go at PUBREC. */
  changed(entry: StoredEntry): void;
  /** It was acknowledged or dropped: nobody needs it any more. */
  done(entry: StoredEntry): void;
  /** `packetId` was put into `session.received`, or taken out of it. */
  received(session: StoredSession, packetId: number): void;
  /**
   * The retained message at `place` was set, replaced or removed. `size` is its
   * size.
   *
   * @default 0, for one that was removed
   */
  retained(place: RetainedPlace, size?: number): void;
}

/** A session as it was stored. */
export interface RestoredSession {
  /** Names the session. */
  readonly clientId: string;
  /** Seconds it outlives its connection; 0xFFFFFFFF = for ever. */
  readonly expiryInterval: number;
  /** When its connection ended, ms; 0 when it had one as the broker stopped. */
  readonly detachedAt: number;
  /** Who it belongs to. */
  readonly username: string | null;
  /** Whether nothing proved that user name. @default {false} */
  readonly isClaimed?: boolean;
  /** Whether its client is a bridge. */
  readonly bridge: boolean;
  /** The will that has not been published, or null. */
  readonly will: StoredWill | null;
  /** QoS 2 packet ids received and not yet released. */
  readonly received: readonly number[];
  /** What is known of those it sent to its client. */
  readonly packetIds: StoredPacketIds | null;
}

/** An entry as it was stored. */
export interface RestoredEntry {
  /** Null from PUBREC on. */
  readonly message: Message | null;
  /** The quality of service it is delivered with. */
  readonly qos: QoS;
  /** The RETAIN flag it is delivered with. */
  readonly retain: boolean;
  /** 0 when it waited in the backlog. */
  readonly packetId: number;
  /** Subscription identifiers, or null when there are none. */
  readonly identifiers: StoredDelivery["identifiers"];
  /** The shared subscription it came by, or null. */
  readonly group: StoredDelivery["group"];
}

/**
 * Builds the state anew from what was stored. Retained messages come first,
 * then all sessions, all subscriptions, and all entries: those of one session
 * in their order.
 * The store sets its own fields of what is returned.
 */
export interface Restorer {
  /** Makes a session, detached. */
  session(stored: RestoredSession): StoredSession;
  /** Subscribes it; `group` is the share name or null. */
  subscription(
    session: StoredSession,
    filter: string,
    group: string | null,
    options: SubscriptionOptions,
  ): StoredSubscription;
  /** Puts an entry behind the others of its session. */
  entry(session: StoredSession, stored: RestoredEntry): StoredEntry;
  /**
   * Retains a message in place of any other of its topic, whose place it takes
   * over. The message is transient, and so are the bytes of its topic: both
   * have to be copied, unless they are longer than 1,024 bytes together.
   */
  retained(message: Message): RetainedPlace;
  /** Retains nothing for the topic any more; its place, or null. */
  retainedRemoved(topicName: string): RetainedPlace | null;
}

/** What `Store.load` found. */
export interface LoadReport {
  /** Sessions restored. */
  readonly sessions: number;
  /** Their subscriptions. */
  readonly subscriptions: number;
  /** Entries in their backlogs and windows. */
  readonly entries: number;
  /** Retained messages. */
  readonly retained: number;
  /** Bytes read. */
  readonly bytes: number;
  /** Date of the last commit, ms since 1970; 0 for a new store. */
  readonly committedAt: number;
  /**
   * Why the time since the last commit is unknown and counts as 0; null where
   * it could be measured.
   */
  readonly clockDoubt: string | null;
  /** What was wrong with the store, for an alarm; null when all was well. */
  readonly alarm: string | null;
}

/**
 * Whether changes reach the disk: `full` = no space (or none left of what is
 * allowed), `failing` = writing fails for another reason. Nothing is lost from
 * memory meanwhile, and it is tried again until it works.
 */
export type StoreHealth = "ok" | "full" | "failing";

/** Figures for the operator. Sizes are of records on disk, in bytes. */
export interface StoreStatus {
  /** The storage mode. */
  readonly mode: StorageMode;
  /** Whether changes reach the disk now. */
  readonly health: StoreHealth;
  /** Why `health` is not ok, else null. */
  readonly reason: string | null;
  /** Live records of retained messages; an estimate, as the next two. */
  readonly retainedBytes: number;
  /** Live records of messages that wait or are in flight. */
  readonly queuedBytes: number;
  /** Live records of sessions and subscriptions. */
  readonly sessionBytes: number;
  /** All records, live or not yet cleaned away. */
  readonly storedBytes: number;
  /** Sessions on disk. */
  readonly sessions: number;
  /** Message bodies on disk that sessions wait for. */
  readonly queuedMessages: number;
  /** When the oldest of these was stored, by today's calendar; 0 without any. */
  readonly oldestMessageAt: number;
  /**
   * Bytes written to the store and its second copy, in whole pages, since the
   * day (UTC) began or the store was opened; about.
   */
  readonly bytesWrittenToday: number;
  /** Batches committed to disk since the store was opened. */
  readonly commits: number;
  /** Changes that are not on disk yet; about. */
  readonly unwritten: number;
}

/** What outlives the process. */
export interface Store {
  /** Where changes are noted. */
  readonly changes: Changes;
  /** Number of the batch that will hold the changes noted now. */
  readonly batch: number;
  /**
   * The last batch that is safe enough to be acknowledged. In `memory` and
   * `buffered` that is always the present one.
   */
  readonly committed: number;
  /** The last batch that is on disk, whatever the mode promises. */
  readonly stored: number;
  /**
   * Whether commits fail at present, or one does not end. A lack of space alone
   * does not count: `health` reports it, and commits still work.
   */
  readonly isStuck: boolean;
  /**
   * Whether changes reach the disk; cheap to ask. While it is not `ok`, what
   * would be stored should not be taken.
   */
  readonly health: StoreHealth;
  /**
   * Called when `health` or `isStuck` may have changed, within a commit or while
   * something is noted: it must note nothing itself, and not throw. `isShort`
   * says whether space is short.
   */
  onHealth: (isShort: boolean) => void;
  /**
   * Called once when another broker has taken the store, with what to tell the
   * operator. Nothing is committed from then on; must not throw.
   */
  onTaken: (reason: string) => void;
  /** Figures as of now. */
  readonly status: StoreStatus;
  /**
   * Restores what is stored; once, before anything is noted. Gives way to
   * sockets between slices.
   */
  load(into: Restorer, retained: RetainedSource): Promise<LoadReport>;
  /** Whether `entry` is on disk as it is now. */
  isStored(entry: StoredEntry): boolean;
  /** Calls `task` once `batch` is committed, at once when it is. */
  onCommitted(batch: number, task: () => void): void;
  /** Calls `task` once `batch` is on disk, whatever the mode promises. */
  onStored(batch: number, task: () => void): void;
  /** Forgets a `task` of `onCommitted` or `onStored`: it is never called. */
  forget(task: () => void): void;
  /**
   * Somebody waits for what was noted: it is written when the sockets that are
   * ready have been served, and not a flush interval later.
   */
  writeSoon(): void;
  /**
   * Notes how time goes where that is to be written again: the calendar was
   * changed, or nothing was written for ten minutes. To be called every ten
   * seconds.
   */
  keepTime(): void;
  /**
   * Writes all that was noted and closes the store. Rejects with `StoreError`
   * when that is not possible; it is closed then, too.
   */
  close(): Promise<void>;
}
