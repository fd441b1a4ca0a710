import type { Message, QoS, SubscriptionOptions } from "../../mqtt/mod.ts";
import type { Written } from "../base/write_counter.ts";
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
 * The promise of a mode:
 * - `memory`: nothing is on disk.
 * - `buffered`: acknowledged at once, on disk a flush interval later.
 * - `durable`: acknowledged when it is on disk.
 * - `fault-tolerant`: durable, and a second copy mends a torn store.
 */
export type StorageMode = "memory" | "buffered" | "durable" | "fault-tolerant";

/**
 * Notes changes. Each call is cheap: it only marks an object, which is read
 * when the batch is written. So a change that is undone before costs nothing.
 * Changes of a session without a slot are ignored.
 */
export interface Changes {
  /**
   * Notes that `session` must be stored, or has changed: expiry, owner, will,
   * attached or detached.
   */
  sessionChanged(session: StoredSession): void;
  /**
   * Notes the end of a session. Its entries must then be `done` and its
   * subscriptions `unsubscribed`, which writes nothing more. Its received ids
   * need no note.
   */
  sessionEnded(session: StoredSession): void;
  /**
   * Notes a new subscription; the one it replaces must be `unsubscribed` first.
   */
  subscribed(subscription: StoredSubscription): void;
  /** Notes the end of a subscription. */
  unsubscribed(subscription: StoredSubscription): void;
  /** Notes a new entry of a backlog or window, once for each. */
  queued(entry: StoredEntry): void;
  /** Notes that an entry got its packet id, or lost its message at PUBREC. */
  changed(entry: StoredEntry): void;
  /** Notes that an entry was acknowledged or dropped. */
  done(entry: StoredEntry): void;
  /**
   * Notes that `packetId` was added to `session.received`, or removed from it.
   */
  received(session: StoredSession, packetId: number): void;
  /**
   * Notes that the retained message at `place` was set, replaced or removed.
   * `size` is its size.
   *
   * @default 0, for a removed one
   */
  retained(place: RetainedPlace, size?: number): void;
}

/** A session as it was stored. */
export interface RestoredSession {
  /** Names the session. */
  readonly clientId: string;
  /** Session Expiry Interval (0x11) in seconds; 0xFFFFFFFF = never. */
  readonly expiryInterval: number;
  /**
   * When its connection ended, ms; 0 if it was connected as the broker stopped.
   */
  readonly detachedAt: number;
  /** The owner of the session. */
  readonly username: string | null;
  /**
   * Whether the user name is unproved.
   *
   * @default {false}
   */
  readonly isClaimed?: boolean;
  /** Whether its client is a bridge. */
  readonly bridge: boolean;
  /** The unpublished will, or null. */
  readonly will: StoredWill | null;
  /** QoS 2 packet ids received and not yet released. */
  readonly received: readonly number[];
  /** Packet ids of the QoS 2 messages sent to its client, or null. */
  readonly packetIds: StoredPacketIds | null;
}

/** An entry as it was stored. */
export interface RestoredEntry {
  /** Null after PUBREC. */
  readonly message: Message | null;
  /** QoS of the delivery. */
  readonly qos: QoS;
  /** RETAIN flag of the delivery. */
  readonly retain: boolean;
  /** 0 for an entry of the backlog. */
  readonly packetId: number;
  /** Subscription identifiers, or null when there are none. */
  readonly identifiers: StoredDelivery["identifiers"];
  /** The shared subscription that chose the session, or null. */
  readonly group: StoredDelivery["group"];
}

/**
 * Rebuilds the state. Retained messages come first, then all sessions, all
 * subscriptions, and all entries; those of one session are in order. The store
 * sets its own fields in the returned objects.
 */
export interface Restorer {
  /** Makes a session, detached. */
  session(stored: RestoredSession): StoredSession;
  /** Adds a subscription to a session; `group` is the share name or null. */
  subscription(
    session: StoredSession,
    filter: string,
    group: string | null,
    options: SubscriptionOptions,
  ): StoredSubscription;
  /** Adds an entry behind the others of its session. */
  entry(session: StoredSession, stored: RestoredEntry): StoredEntry;
  /**
   * Retains a message in place of the previous one of its topic, whose place it
   * takes over. The message and the bytes of its topic are transient. Both must
   * be copied, unless they are longer than 1,024 bytes together.
   */
  retained(message: Message): RetainedPlace;
  /** Removes the retained message of the topic; returns its place, or null. */
  retainedRemoved(topicName: string): RetainedPlace | null;
}

/** The result of `Store.load`. */
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
  /** Why the downtime is unknown and counts as 0; null when it was measured. */
  readonly clockDoubt: string | null;
  /** The text of an alarm about the store, or null. */
  readonly alarm: string | null;
}

/**
 * Whether changes reach the disk: `full` = no space, or no more of the allowed,
 * `failing` = writing fails for another reason. Memory loses nothing meanwhile,
 * and the store tries again until writing succeeds.
 */
export type StoreHealth = "ok" | "full" | "failing";

/** Figures for the operator. Sizes are of records on disk, in bytes. */
export interface StoreStatus {
  /** The storage mode. */
  readonly mode: StorageMode;
  /** Whether changes reach the disk now. */
  readonly health: StoreHealth;
  /** Why `health` is not ok, or null. */
  readonly reason: string | null;
  /** Live records of retained messages; an estimate, as the next two. */
  readonly retainedBytes: number;
  /** Live records of messages that wait or are in flight. */
  readonly queuedBytes: number;
  /** Live records of sessions and subscriptions. */
  readonly sessionBytes: number;
  /** All records, live or dead. */
  readonly storedBytes: number;
  /** Sessions on disk. */
  readonly sessions: number;
  /** Message bodies on disk that sessions wait for. */
  readonly queuedMessages: number;
  /** When the oldest of these was stored, by today's calendar; 0 = none. */
  readonly oldestMessageAt: number;
  /** Bytes written since the store was opened. */
  readonly written: Written;
  /** Bytes written since the day (UTC) began or the store was opened. */
  readonly writtenToday: Written;
  /** Bytes that may be written in a day; 0 = no limit. */
  readonly writeBudget: number;
  /** Time that changes wait for the disk to keep to that, ms; 0 = none. */
  readonly writePause: number;
  /** Batches committed to disk since the store was opened. */
  readonly commits: number;
  /**
   * Time since the try of a commit under way began, ms; 0 without one. Grows
   * while the disk does not answer.
   */
  readonly commitAge: number;
  /** Changes that are not on disk yet; about. */
  readonly unwritten: number;
}

/** The persistent state. */
export interface Store {
  /** Takes notes of changes. */
  readonly changes: Changes;
  /** Number of the batch that takes the notes of now. */
  readonly batch: number;
  /**
   * The last batch that may be acknowledged. In `buffered` that is always the
   * present one.
   */
  readonly committed: number;
  /** The last batch on disk, in any mode. */
  readonly stored: number;
  /**
   * Whether commits fail at present, or one does not end. A lack of space alone
   * does not count: `health` reports it, and commits still succeed.
   */
  readonly isStuck: boolean;
  /**
   * Whether changes reach the disk; cheap to read. While it is not `ok`, the
   * broker should take nothing that must be stored.
   */
  readonly health: StoreHealth;
  /**
   * Called when `health` or `isStuck` may have changed, within a commit or a
   * note. It must note nothing, and not throw. `isShort` says whether space is
   * short.
   */
  onHealth: (isShort: boolean) => void;
  /**
   * Called once when another broker has taken the store, with the text for the
   * operator. The store commits nothing from then on. Must not throw.
   */
  onTaken: (reason: string) => void;
  /**
   * Called after each commit with its duration (ms, with a fraction); null
   * measures nothing. Must not throw.
   */
  onCommit: ((ms: number) => void) | null;
  /** Figures as of now. */
  readonly status: StoreStatus;
  /**
   * Restores the state, once, before the first note. Lets sockets work between
   * slices.
   */
  load(into: Restorer, retained: RetainedSource): Promise<LoadReport>;
  /** Returns whether the disk has `entry` in its present state. */
  isStored(entry: StoredEntry): boolean;
  /** Calls `task` once `batch` is committed, at once if it is. */
  onCommitted(batch: number, task: () => void): void;
  /** Calls `task` once `batch` is on disk, in any mode. */
  onStored(batch: number, task: () => void): void;
  /**
   * Forgets a `task` of `onCommitted` or `onStored`, which is then never
   * called.
   */
  forget(task: () => void): void;
  /**
   * Writes the notes as soon as the ready sockets have been served, instead of
   * a flush interval later: a client waits for them.
   */
  writeSoon(): void;
  /**
   * Notes the time when it must be written again: the calendar was changed, or
   * nothing was written for ten minutes. Called every ten seconds.
   */
  keepTime(): void;
  /**
   * Writes all notes and closes the store. Rejects with `StoreError` when
   * writing fails; the store is closed then, too.
   */
  close(): Promise<void>;
}
