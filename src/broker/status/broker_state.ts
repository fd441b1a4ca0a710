import type { Written } from "../../store/mod.ts";
import type { BrokerFigures } from "../../admin/protocol/mod.ts";

/** State of a broker at one time; numbers are counts unless named else. */
export interface BrokerState {
  /** Clients that are connected. */
  readonly clients: number;
  /** Sessions, with a client or without. */
  readonly sessions: number;
  /** Subscriptions of all sessions. */
  readonly subscriptions: number;
  /** Retained messages. */
  readonly retained: number;
  /** Messages that wait in sessions. */
  readonly queued: number;
  /** Bytes of them. */
  readonly queued_bytes: number;
  /** Bytes that wait for sockets. */
  readonly outbound_bytes: number;
  /** PUBLISH packets from clients since the start. */
  readonly received: number;
  /** PUBLISH packets to clients since the start. */
  readonly sent: number;
  /** Messages dropped since the start. */
  readonly dropped: number;
  /** As `storage.mode`. */
  readonly storage: string;
  /** Health of the store: `ok`, `full` or `failing`. */
  readonly health: string;
  /** Changes that are not on disk yet, about. */
  readonly unwritten: number;
  /** Bytes written to the disk since midnight (UTC) or the start; about. */
  readonly written_today: number;
  /** Bytes of changes written to the store since the start; about. */
  readonly written_log: number;
  /** Bytes of live records written again since the start; about. */
  readonly written_cleaning: number;
  /** Bytes of the second copy written since the start; about. */
  readonly written_journal: number;
  /** Bytes of snapshots written since the start; about. */
  readonly written_snapshots: number;
  /** Time that changes wait for the disk to keep to the write budget, ms. */
  readonly write_pause: number;
}

/** Returns the figures as fields of a log line. */
export function brokerState(figures: BrokerFigures): BrokerState {
  const { clients, sessions, subscriptions, messages } = figures;
  const { waiting, storage } = figures;
  const { written } = storage;
  return {
    clients: clients.connected,
    sessions: sessions.count,
    subscriptions: subscriptions.count,
    retained: messages.retained,
    queued: messages.queued,
    queued_bytes: waiting.queued,
    outbound_bytes: waiting.outbound,
    received: messages.received,
    sent: messages.sent,
    dropped: messages.dropped,
    storage: storage.mode,
    health: storage.health,
    unwritten: storage.unwritten,
    written_today: total(storage.writtenToday),
    written_log: written.log,
    written_cleaning: written.cleaning,
    written_journal: written.journal,
    written_snapshots: written.snapshots,
    write_pause: storage.writePause,
  };
}

function total({ log, cleaning, journal, snapshots }: Written): number {
  return log + cleaning + journal + snapshots;
}
