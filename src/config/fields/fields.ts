import type { Field, FieldsOf } from "./field.ts";
import { ANY_COUNT, duration, integer, memory, size } from "./number_fields.ts";
import { logFields } from "./log_fields.ts";
import { choice, flag } from "./word_fields.ts";
import { accessFields } from "./access_fields.ts";
import { adminFields } from "./admin_fields.ts";
import { authorityFields } from "./certificate_fields.ts";
import { machineMemory } from "../model/machine_memory.ts";
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
import {
  NEVER_EXPIRES,
  type ProfileName,
  type Settings,
} from "../model/settings.ts";

const GIB = 1024 * MIB;
const DAY = 24 * 3600;
/** Time spans within the broker count ms; those told to clients count s. */
const expiry = {
  unit: 1000,
  min: 0,
  max: 36_500 * DAY,
  never: NEVER_EXPIRES,
};

/** Name of the profile; the configuration leaves the choice to the broker. */
const profileName: Field<ProfileName> = {
  ...choice<ProfileName>(
    "standard",
    ["standard", "small"],
    "Defaults for a small board or for any other machine. Without a name the " +
      "broker takes small where it has less than 512 MiB of memory.",
  ),
  isCommented: true,
};

/** Every section that is one table, in the order of the example file. */
export const sections: {
  readonly [Key in Exclude<keyof Settings, ListName>]: FieldsOf<
    Settings[Key]
  >;
} = {
  profile: { name: profileName },
  access: accessFields,
  limits: {
    max_packet_size: packetSize,
    max_connections: integer(
      0,
      0,
      ANY_COUNT,
      "Connections of all listeners together; 0 allows as many as the machine does.",
    ),
    max_connections_per_address: integer(
      0,
      0,
      ANY_COUNT,
      "Connections from one IPv4 address or one IPv6 /64 network; 0 sets no limit.",
    ),
    max_client_id_length: integer(
      1024,
      23,
      65535,
      "Longest client id, in bytes of UTF-8.",
    ),
    max_topic_length: integer(
      65535,
      1,
      65535,
      "Longest topic name or topic filter, in bytes of UTF-8.",
    ),
    max_topic_levels: integer(
      128,
      1,
      65535,
      "Levels of a topic name or topic filter.",
    ),
    max_subscriptions_per_session: integer(
      10_000,
      1,
      ANY_COUNT,
      "Subscriptions of one session.",
    ),
    max_wildcard_levels_per_session: integer(
      2048,
      1,
      ANY_COUNT,
      "Levels from the first + on, in all filters of one session together. " +
        "Filters with + and # in the same places count once. The limit " +
        "bounds the work for each message.",
    ),
    max_inflight: integer(
      1000,
      1,
      65535,
      "QoS 1 and 2 messages in flight to one client. Above 65000 counts as 65000.",
    ),
    receive_maximum: receiveMaximum,
    topic_alias_maximum: aliasMaximum,
    topic_alias_maximum_out: integer(
      100,
      0,
      65535,
      "Topic aliases that the broker sets for one client, if the client allows them.",
    ),
    connect_timeout: connectTimeout,
    publish_rate: integer(
      0,
      0,
      ANY_COUNT,
      "Messages a second that one client may publish; 0 sets no limit.",
    ),
    publish_bytes_rate: size(
      0,
      0,
      64 * GIB,
      "Bytes a second that one client may publish; 0 sets no limit.",
    ),
    max_outbound: size(
      64 * MIB,
      64 * KIB,
      4 * GIB,
      "Bytes that may wait to be sent to one client.",
    ),
    max_queued_memory: memory(
      25,
      MIB,
      machineMemory(),
      "Memory of all queued messages and wills; above it the broker refuses QoS 1 and 2 messages.",
    ),
  },
  session: {
    max_expiry: duration(
      NEVER_EXPIRES,
      expiry,
      "Longest Session Expiry Interval, for every MQTT version.",
    ),
    expiry_v3: duration(
      NEVER_EXPIRES,
      expiry,
      "Session expiry of MQTT 3.x clients with clean session 0; max_expiry at most.",
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
      "When a backlog is full: drop the new message, or the oldest one.",
    ),
    queue_qos0: flag(
      false,
      "Whether QoS 0 messages are queued for disconnected clients too.",
    ),
  },
  retained: {
    available: retainAvailable,
    max_messages: integer(
      0,
      0,
      ANY_COUNT,
      "Retained messages; 0 sets no limit.",
    ),
    max_bytes: size(
      256 * MIB,
      0,
      64 * GIB,
      "Bytes of all retained messages. Each topic level beyond the fourth " +
        "counts 128 bytes. 0 sets no limit.",
    ),
  },
  shared: {
    available: flag(
      true,
      "Whether clients may subscribe to $share/GROUP/FILTER.",
    ),
    strategy: choice(
      "round-robin",
      ["round-robin", "random", "sticky", "hash-client", "hash-topic"],
      "How a shared group selects the client for the next message.",
    ),
  },
  protocol: {
    max_qos: maxQos,
    validate_payload_format: flag(
      true,
      "Whether the broker checks payloads with Payload Format Indicator 1 for UTF-8.",
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
    client_events: flag(
      false,
      "Whether each client that connects or disconnects is published as JSON to $SYS/broker/clients/CLIENT/connected or disconnected.",
    ),
  },
  log: logFields,
  admin: adminFields,
  shutdown: {
    timeout: duration(
      5000,
      { unit: 1, min: 0, max: 600_000 },
      "Longest time of a stop after SIGTERM or SIGINT.",
    ),
  },
};
