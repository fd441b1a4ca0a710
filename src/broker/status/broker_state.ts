import type { Registry } from "../../session/mod.ts";
import type { StoreStatus } from "../../store/mod.ts";

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
}

/** Reads the state; `store` is null in the mode `memory`. */
export function brokerState(
  registry: Registry,
  store: StoreStatus | null,
): BrokerState {
  const { counters, router } = registry.context;
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
  };
}
