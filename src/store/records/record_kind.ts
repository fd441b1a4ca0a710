/**
 * Kind of a record. A record is its kind in one byte, the length of the rest as
 * a varint, and the rest. The latest record of a thing counts. The numbers are
 * part of the format and never get a new meaning.
 */
export const RecordKind = {
  /** A session itself: its fields and its will. */
  Session: 1,
  /** Numbers of ended sessions; all that belongs to them has ended, too. */
  Ended: 2,
  /** A subscription. */
  Subscription: 3,
  /** Numbers of ended subscriptions. */
  Unsubscribed: 4,
  /** A message that entries refer to. */
  Body: 5,
  /** Entries of one message, one for each session it waits for. */
  Queued: 6,
  /** Numbers of ended entries. */
  Done: 7,
  /** QoS 2 packet ids that a session received or released. */
  Received: 8,
  /** All QoS 2 packet ids a session has received. */
  ReceivedAll: 9,
  /** A retained message. */
  Retained: 10,
  /** A topic without a retained message. */
  Cleared: 11,
} as const;

/** A kind of record. */
export type RecordKind = typeof RecordKind[keyof typeof RecordKind];
