import type { Registry } from "../../session/mod.ts";
import type { StoreStatus, Written } from "../../store/mod.ts";

const NONE: Written = { log: 0, cleaning: 0, journal: 0, snapshots: 0 };

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

/** Reads the state; `store` is null in the mode `memory`. */
export function brokerState(
  registry: Registry,
  store: StoreStatus | null,
): BrokerState {
  const { counters, router } = registry.context;
  const written = store?.written ?? NONE;
  return {
    clients: counters.clientsConnected,
    sessions: registry.size,
    subscriptions: router.subscriptionCount,
    retained: router.retained.messages,
    queued: counters.queuedMessages,
    queued_bytes: counters.queuedBytes,
    outbound_bytes: counters.outboundBytes,
    received: counters.publishReceived,
    sent: counters.publishSent,
    dropped: counters.droppedMessages,
    storage: store?.mode ?? "memory",
    health: store?.health ?? "ok",
    unwritten: store?.unwritten ?? 0,
    written_today: total(store?.writtenToday ?? NONE),
    written_log: written.log,
    written_cleaning: written.cleaning,
    written_journal: written.journal,
    written_snapshots: written.snapshots,
    write_pause: store?.writePause ?? 0,
  };
}

function total({ log, cleaning, journal, snapshots }: Written): number {
  return log + cleaning + journal + snapshots;
}
