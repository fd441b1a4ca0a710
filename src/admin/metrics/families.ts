import type { HistogramFigures, StatusFigures } from "../protocol/mod.ts";
import { type Family, labelled, plain, type Sample } from "./family.ts";

type Read = (figures: StatusFigures) => number | null;
type ReadMany = (figures: StatusFigures) => readonly Sample[];

function counter(name: string, help: string, read: Read): Family {
  return { name, type: "counter", help, samples: (all) => plain(read(all)) };
}

function gauge(name: string, help: string, read: Read): Family {
  return { name, type: "gauge", help, samples: (all) => plain(read(all)) };
}

function counters(name: string, help: string, samples: ReadMany): Family {
  return { name, type: "counter", help, samples };
}

function gauges(name: string, help: string, samples: ReadMany): Family {
  return { name, type: "gauge", help, samples };
}

function histogram(
  name: string,
  help: string,
  read: (figures: StatusFigures) => HistogramFigures,
): Family {
  return {
    ...{ name, type: "histogram", help },
    samples: () => [],
    histogram: read,
  };
}

/** Clients, sessions, subscriptions and messages. */
const MESSAGES: readonly Family[] = [
  gauges(
    "mqtt_broker_info",
    "Version and storage mode of the broker; the value is 1.",
    ({ version, storage }) => [[{ version, storage: storage.mode }, 1]],
  ),
  gauge(
    "mqtt_running",
    "Whether a listener is open and clients are served.",
    ({ running }) => Number(running),
  ),
  gauge(
    "mqtt_loading",
    "Whether the stored state is being restored.",
    ({ loading }) => Number(loading),
  ),
  gauge("mqtt_uptime_seconds", "Time since the start.", (all) => all.uptime),
  gauge(
    "mqtt_clients_connected",
    "Clients that are connected.",
    ({ clients }) => clients.connected,
  ),
  gauge(
    "mqtt_clients_maximum",
    "Most clients that were connected at one time.",
    ({ clients }) => clients.maximum,
  ),
  gauge(
    "mqtt_sessions",
    "Sessions, with a client or without.",
    ({ sessions }) => sessions.count,
  ),
  gauge(
    "mqtt_sessions_disconnected",
    "Sessions without a client.",
    ({ sessions }) => sessions.away,
  ),
  counter(
    "mqtt_sessions_expired",
    "Sessions that expired.",
    ({ sessions }) => sessions.expired,
  ),
  gauge(
    "mqtt_subscriptions",
    "Subscriptions of all sessions, shared ones too.",
    ({ subscriptions }) => subscriptions.count,
  ),
  gauge(
    "mqtt_shared_subscriptions",
    "Shared subscriptions of all sessions.",
    ({ subscriptions }) => subscriptions.shared,
  ),
  counter(
    "mqtt_messages_received",
    "PUBLISH packets from clients, repeated ones too.",
    ({ messages }) => messages.received,
  ),
  counter(
    "mqtt_messages_sent",
    "PUBLISH packets to clients, repeated ones too.",
    ({ messages }) => messages.sent,
  ),
  counters(
    "mqtt_messages_dropped",
    "Messages that were not delivered to a session, or not accepted.",
    ({ dropped }) => labelled("reason", dropped),
  ),
  gauge(
    "mqtt_retained_messages",
    "Retained messages of clients.",
    ({ messages }) => messages.retained,
  ),
  gauge(
    "mqtt_queued_messages",
    "Messages that wait in backlogs.",
    ({ messages }) => messages.queued,
  ),
  counter(
    "mqtt_payload_received_bytes",
    "Payload bytes of PUBLISH packets from clients.",
    ({ payload }) => payload.received,
  ),
  counter(
    "mqtt_payload_sent_bytes",
    "Payload bytes of PUBLISH packets to clients.",
    ({ payload }) => payload.sent,
  ),
];

/** Packets, connections, listeners, logins. */
const CONNECTIONS: readonly Family[] = [
  counter(
    "mqtt_packets_received",
    "MQTT packets of all types from clients.",
    ({ packets }) => packets.received,
  ),
  counter(
    "mqtt_packets_sent",
    "MQTT packets of all types to clients.",
    ({ packets }) => packets.sent,
  ),
  counter(
    "mqtt_received_bytes",
    "Bytes of MQTT from clients.",
    ({ bytes }) => bytes.received,
  ),
  counter(
    "mqtt_sent_bytes",
    "Bytes of MQTT to clients.",
    ({ bytes }) => bytes.sent,
  ),
  counter(
    "mqtt_connections_opened",
    "Connections that reached MQTT.",
    ({ connections }) => connections.opened,
  ),
  counter(
    "mqtt_connects_accepted",
    "CONNECT packets that were accepted.",
    ({ connections }) => connections.accepted,
  ),
  counters(
    "mqtt_connections_closed",
    "Connections that ended, also before MQTT.",
    ({ closed }) => labelled("reason", closed),
  ),
  counters(
    "mqtt_reading_paused",
    "Pauses in reading a connection.",
    ({ paused }) => labelled("reason", paused),
  ),
  gauges(
    "mqtt_listener_connections",
    "Connections of each listener.",
    ({ listeners }) =>
      listeners.map(({ name, connections }) => [
        { listener: name },
        connections,
      ]),
  ),
  gauges(
    "mqtt_listener_open",
    "Whether each listener is open; 0 while it waits for its address.",
    ({ listeners }) =>
      listeners.map(({ name, isWaiting }) => [
        { listener: name },
        Number(!isWaiting),
      ]),
  ),
  gauges(
    "mqtt_certificate_expiry_timestamp_seconds",
    "End of the certificate of each listener, since 1970.",
    ({ certificates }) =>
      certificates.map(({ listener, notAfter }) => [
        { listener },
        notAfter / 1000,
      ]),
  ),
  counters(
    "mqtt_logins",
    "Logins that failed, that had to wait, and that were refused unseen.",
    ({ logins }) => labelled("result", { ...logins }),
  ),
];

/** Sizes, store, alarms. */
const STORAGE: readonly Family[] = [
  gauge(
    "mqtt_memory_queued_bytes",
    "Messages in memory that wait for sessions.",
    ({ waiting }) => waiting.queued,
  ),
  gauge(
    "mqtt_memory_outbound_bytes",
    "Bytes in memory that wait for sockets.",
    ({ waiting }) => waiting.outbound,
  ),
  gauge(
    "mqtt_storage_retained_bytes",
    "Size of retained messages in the store, or in memory without one.",
    ({ storage }) => storage.retainedBytes,
  ),
  gauge(
    "mqtt_storage_queued_bytes",
    "Size of waiting messages in the store, or in memory without one.",
    ({ storage }) => storage.queuedBytes,
  ),
  gauge(
    "mqtt_storage_session_bytes",
    "Size of sessions in the store, or in memory without one.",
    ({ storage }) => storage.sessionBytes,
  ),
  gauge(
    "mqtt_storage_bytes",
    "Size of all records in the store, or of the three in memory.",
    ({ storage }) => storage.storedBytes,
  ),
  gauge(
    "mqtt_storage_healthy",
    "Whether changes reach the disk; 1 without a store.",
    ({ storage }) => Number(storage.health === "ok"),
  ),
  gauge(
    "mqtt_storage_unwritten_changes",
    "Changes that are not on disk yet; about.",
    ({ storage }) => storage.unwritten,
  ),
  counter(
    "mqtt_storage_commits",
    "Commits to the disk.",
    ({ storage }) => storage.commits,
  ),
  gauge(
    "mqtt_storage_commit_age_seconds",
    "Time since the commit under way began; 0 without one.",
    ({ storage }) => storage.commitAge / 1000,
  ),
  counters(
    "mqtt_storage_written_bytes",
    "Bytes written to the disk, by kind; about.",
    ({ storage }) => labelled("kind", { ...storage.written }),
  ),
  gauge(
    "mqtt_storage_write_pause_seconds",
    "Time that changes wait for the disk to keep to the write budget.",
    ({ storage }) => storage.writePause / 1000,
  ),
  gauges(
    "mqtt_alarm",
    "Alarms that are raised; the value is 1.",
    ({ alarms }) => alarms.map(({ name }) => [{ alarm: name }, 1]),
  ),
  gauge(
    "mqtt_alarms",
    "Number of alarms that are raised.",
    ({ alarms }) => alarms.length,
  ),
  counter(
    "mqtt_internal_errors",
    "Errors of the broker itself that it survived; should stay at 0.",
    ({ errors }) => errors.internal,
  ),
  counter(
    "mqtt_broken_invariants",
    "Counters of the broker that were found wrong; should stay at 0.",
    ({ errors }) => errors.invariants,
  ),
];

/** Times and the process. */
const RUNTIME: readonly Family[] = [
  counter(
    "mqtt_slow_turns",
    "Turns of the event loop of 50 ms or more, in which all clients waited.",
    ({ errors }) => errors.slowTurns,
  ),
  histogram(
    "mqtt_turn_duration_seconds",
    "Turns of the event loop, from the first read to the last write.",
    ({ turns }) => turns,
  ),
  histogram(
    "mqtt_delivery_duration_seconds",
    "From the read that brought a message to the write that carries it.",
    ({ deliveries }) => deliveries,
  ),
  histogram(
    "mqtt_commit_duration_seconds",
    "Commits to the disk.",
    ({ commits }) => commits,
  ),
  gauge(
    "mqtt_event_loop_lag_seconds",
    "Lateness of a timer of the event loop.",
    ({ lag }) => lag.last,
  ),
  gauge(
    "mqtt_event_loop_lag_longest_seconds",
    "Longest lateness of that timer in the last ten seconds.",
    ({ lag }) => lag.longest,
  ),
  counter(
    "process_cpu_seconds",
    "CPU time of all threads of the process.",
    ({ process }) => process.cpuSeconds,
  ),
  gauge(
    "process_resident_memory_bytes",
    "Memory that the system has given to the process.",
    ({ process }) => process.rss,
  ),
  gauge(
    "process_start_time_seconds",
    "Start of the broker, since 1970.",
    ({ time, uptime }) => Math.round(time / 1000) - uptime,
  ),
  gauge(
    "mqtt_heap_size_bytes",
    "Size of V8's heap in the broker's thread.",
    ({ process }) => process.heapTotal,
  ),
  gauge(
    "mqtt_heap_used_bytes",
    "Part of that heap that is in use.",
    ({ process }) => process.heapUsed,
  ),
  gauge(
    "mqtt_external_memory_bytes",
    "Buffers outside of that heap.",
    ({ process }) => process.external,
  ),
];

/** All families, in the order of the text. */
export const families: readonly Family[] = [
  ...MESSAGES,
  ...CONNECTIONS,
  ...STORAGE,
  ...RUNTIME,
];
