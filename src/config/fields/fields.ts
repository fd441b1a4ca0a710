import type { FieldsOf } from "./field.ts";
import { ANY_COUNT, duration, integer, memory, size } from "./number_fields.ts";
import { choice, flag } from "./word_fields.ts";
import { accessFields } from "./access_fields.ts";
import { authorityFields } from "./authority_fields.ts";
import {
  aliasMaximum,
  connectTimeout,
  keepAlive,
  maxQos,
  packetSize,
  receiveMaximum,
  retainAvailable,
} from "./shared_fields.ts";
import type { ListName } from "./lists.ts";
import { storageFields } from "./storage_fields.ts";
import { KIB, MIB } from "../text/units.ts";
import { NEVER_EXPIRES, type Settings } from "../model/settings.ts";

const GIB = 1024 * MIB;
const DAY = 24 * 3600;
/** Time spans within the broker count ms; those told to clients count s. */
const expiry = {
  unit: 1000,
  min: 0,
  max: 36_500 * DAY,
  never: NEVER_EXPIRES,
};

/** Every section that is one table, in the order of the example file. */
export const sections: {
  readonly [Key in Exclude<keyof Settings, ListName>]: FieldsOf<
    Settings[Key]
  >;
} = {
  access: accessFields,
  limits: {
    max_packet_size: packetSize,
    max_connections: integer(
      0,
      0,
      ANY_COUNT,
      "Connections in all; 0 means as many as the machine allows.",
    ),
    max_connections_per_address: integer(
      0,
      0,
      ANY_COUNT,
      "Connections from one IPv4 address or one /64 network of IPv6; 0 sets no bound.",
    ),
    max_client_id_length: integer(
      1024,
      23,
      65535,
      "Bytes of UTF-8 a client id may have.",
    ),
    max_topic_length: integer(
      65535,
      1,
      65535,
      "Bytes of UTF-8 a topic name or topic filter may have.",
    ),
    max_topic_levels: integer(
      128,
      1,
      65535,
      "Levels a topic name or topic filter may have.",
    ),
    max_subscriptions_per_session: integer(
      10_000,
      1,
      ANY_COUNT,
      "Subscriptions one session may hold.",
    ),
    max_wildcard_levels_per_session: integer(
      2048,
      1,
      ANY_COUNT,
      "Levels from the first + on, in all filters of one session together: " +
        "they bound the work of a match. Filters with + and # in the same " +
        "places count once.",
    ),
    max_inflight: integer(
      1000,
      1,
      65535,
      "QoS 1 and 2 messages in flight to one client, not acknowledged yet. " +
        "Above 65000 it counts as 65000.",
    ),
    receive_maximum: receiveMaximum,
    topic_alias_maximum: aliasMaximum,
    topic_alias_maximum_out: integer(
      100,
      0,
      65535,
      "Topic aliases the broker sets for one client that allows them.",
    ),
    connect_timeout: connectTimeout,
    publish_rate: integer(
      0,
      0,
      ANY_COUNT,
      "Messages a second that one client may publish; 0 sets no bound.",
    ),
    publish_bytes_rate: size(
      0,
      0,
      64 * GIB,
      "Bytes a second that one client may publish; 0 sets no bound.",
    ),
    max_outbound: size(
      64 * MIB,
      64 * KIB,
      4 * GIB,
      "Bytes that may wait to be written to one client.",
    ),
    max_queued_memory: memory(
      25,
      MIB,
      Deno.systemMemoryInfo().total,
      "Bytes of all waiting messages; above it new QoS 1 and 2 are refused.",
    ),
  },
  session: {
    max_expiry: duration(
      NEVER_EXPIRES,
      expiry,
      "Longest time a session is kept after its client has gone, in every MQTT version.",
    ),
    expiry_v3: duration(
      NEVER_EXPIRES,
      expiry,
      "How long MQTT 3.x sessions with clean session 0 are kept; at most max_expiry.",
    ),
    max_keep_alive: keepAlive,
    backlog_messages: integer(
      10_000,
      1,
      ANY_COUNT,
      "Messages that may wait for one session.",
    ),
    backlog_bytes: size(
      32 * MIB,
      KIB,
      64 * GIB,
      "Bytes of messages that may wait for one session.",
    ),
    backlog_policy: choice(
      "drop-new",
      ["drop-new", "drop-old"],
      "What gives way when a backlog is full.",
    ),
    queue_qos0: flag(
      false,
      "Whether QoS 0 messages, too, wait for a client that is away.",
    ),
  },
  retained: {
    available: retainAvailable,
    max_messages: integer(
      0,
      0,
      ANY_COUNT,
      "Retained messages in all; 0 sets no bound.",
    ),
    max_bytes: size(
      256 * MIB,
      0,
      64 * GIB,
      "Bytes of all retained messages, and 128 for each topic level beyond " +
        "four a message; 0 sets no bound.",
    ),
  },
  shared: {
    available: flag(true, "Whether $share/GROUP/FILTER is accepted."),
    strategy: choice(
      "round-robin",
      ["round-robin", "random", "sticky", "hash-client", "hash-topic"],
      "Who of a shared group gets the next message.",
    ),
  },
  protocol: {
    max_qos: maxQos,
    validate_payload_format: flag(
      true,
      "Whether a payload that is said to be UTF-8 must be.",
    ),
    wildcard_available: flag(
      true,
      "Whether topic filters may have wildcards.",
    ),
  },
  storage: storageFields,
  authority: authorityFields,
  sys: {
    interval: duration(
      10_000,
      { unit: 1, min: 0, max: DAY * 1000 },
      "Time between two reports under $SYS; 0 turns them off.",
    ),
  },
  log: {
    level: choice(
      "info",
      ["error", "warn", "info", "debug"],
      "The least severe message that is logged.",
      { warning: "warn", notice: "info", trace: "debug", verbose: "debug" },
    ),
    format: choice(
      "text",
      ["text", "json"],
      "How a log line looks.",
    ),
    connections: flag(
      true,
      "Whether each client that connects or disconnects is a line at level info; with false it is one at debug. Refused and broken connections are logged either way.",
    ),
  },
  shutdown: {
    timeout: duration(
      5000,
      { unit: 1, min: 0, max: 600_000 },
      "How long the broker may take to end after SIGTERM or SIGINT.",
    ),
  },
};
