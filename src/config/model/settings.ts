import type {
  AccessSettings,
  AclRule,
  AuthSettings,
  GroupSettings,
  UserSettings,
} from "./access_settings.ts";
import type { ListenerSettings } from "./listener_settings.ts";
import type { LogCategory } from "./log_categories.ts";

/** The message to drop when a backlog is full: the new one or the oldest. */
export type BacklogPolicy = "drop-new" | "drop-old";

/** Choice of the subscriber in a shared group for the next message. */
export type SharedStrategy =
  | "round-robin"
  | "random"
  | "sticky"
  | "hash-client"
  | "hash-topic";

/** The least severe message that is logged. */
export type LogLevel = "error" | "warn" | "info" | "debug";

/** Format of a log line. */
export type LogFormat = "text" | "json";

/** Stands for "never" in `session.max_expiry` and `session.expiry_v3`, in s. */
export const NEVER_EXPIRES = 0xffff_ffff;

/** Bounds that protect the broker; 0 means "no bound" only where said. */
export interface LimitSettings {
  /** Bytes of a whole packet, header included, that a client may send. */
  readonly max_packet_size: number;
  /** Connections in all; 0 = as many as the machine allows. */
  readonly max_connections: number;
  /** Connections from one IP address; 0 = no bound. */
  readonly max_connections_per_address: number;
  /** Bytes of UTF-8. */
  readonly max_client_id_length: number;
  /** Bytes of UTF-8, for topic names and topic filters. */
  readonly max_topic_length: number;
  /** Levels of a topic name or filter: one more than its slashes. */
  readonly max_topic_levels: number;
  /** Subscriptions one session may hold; at least 1. */
  readonly max_subscriptions_per_session: number;
  /**
   * Levels from the first `+` on, summed over the filters of one session that
   * differ in where their wildcards stand; at least 1.
   */
  readonly max_wildcard_levels_per_session: number;
  /** 1..65535 messages sent to one client and not yet acknowledged by it. */
  readonly max_inflight: number;
  /** 1..65535 messages a client may send without our acknowledgement. */
  readonly receive_maximum: number;
  /** 0..65535 topic aliases a client may set. */
  readonly topic_alias_maximum: number;
  /** 0..65535 topic aliases the broker sets, if the client allows as many. */
  readonly topic_alias_maximum_out: number;
  /** Milliseconds in which a connection must complete its CONNECT. */
  readonly connect_timeout: number;
  /** Messages a second one client may publish; 0 = no bound. */
  readonly publish_rate: number;
  /** Bytes of PUBLISH packets a second from one client; 0 = no bound. */
  readonly publish_bytes_rate: number;
  /** Bytes that may wait to be written to one client. */
  readonly max_outbound: number;
  /** Bytes of all waiting messages; above it QoS 1 and 2 get 0x97. */
  readonly max_queued_memory: number;
}

/** State kept for a client while it is disconnected. */
export interface SessionSettings {
  /** Seconds that cap every session's expiry; or `NEVER_EXPIRES`. */
  readonly max_expiry: number;
  /** Seconds a 3.x session with clean session 0 is kept; or `NEVER_EXPIRES`. */
  readonly expiry_v3: number;
  /** Seconds, 0..65535; 0 leaves the keep alive to the client. */
  readonly max_keep_alive: number;
  /** Messages that may wait for one session. */
  readonly backlog_messages: number;
  /** Bytes of messages that may wait for one session. */
  readonly backlog_bytes: number;
  /** The message to drop when the backlog is full. */
  readonly backlog_policy: BacklogPolicy;
  /** True if QoS 0 messages are queued for a disconnected client, too. */
  readonly queue_qos0: boolean;
}

/** Retained messages. */
export interface RetainedSettings {
  /** True if clients may publish retained messages. */
  readonly available: boolean;
  /** 0 = no bound. */
  readonly max_messages: number;
  /** Bytes of topics, payloads and properties; 0 = no bound. */
  readonly max_bytes: number;
}

/** Shared subscriptions. */
export interface SharedSettings {
  /** True if `$share` filters are accepted. */
  readonly available: boolean;
  /** Choice of the subscriber in a group for the next message. */
  readonly strategy: SharedStrategy;
}

/** Optional features of MQTT. */
export interface ProtocolSettings {
  /** Highest QoS a client may publish with. */
  readonly max_qos: 0 | 1 | 2;
  /** True if payloads marked as UTF-8 are checked (0x99 for others). */
  readonly validate_payload_format: boolean;
  /** True if filters may have wildcards. */
  readonly wildcard_available: boolean;
}

/** The most that a crash loses; `storage.mode`. */
export type StorageModeName =
  | "memory"
  | "buffered"
  | "durable"
  | "fault-tolerant";

/** Free space on a disk; one of the two is 0, both are when none is asked. */
export interface SpaceFloor {
  /** At least 0. */
  readonly bytes: number;
  /** Percent of the disk, 0..90. */
  readonly percent: number;
}

/** Some topics that are stored in another mode than the rest. */
export interface StorageRule {
  /** A topic filter without share name. */
  readonly filter: string;
  /** Durability of their messages. */
  readonly mode: "memory";
}

/** Storage of sessions and messages. */
export interface StorageSettings {
  /** The most that a crash loses. */
  readonly mode: StorageModeName;
  /** Folder, or file that ends in `.kv`; empty: see `storagePath`. */
  readonly path: string;
  /** Milliseconds that a change may wait to be written, at least 1. */
  readonly flush_interval: number;
  /** Bytes the store may take; 0 = no bound. */
  readonly max_size: number;
  /** Bytes that may be written in a day; 0 = no bound. */
  readonly write_budget: number;
  /** Free space on the disk below which the store counts as full. */
  readonly low_space: SpaceFloor;
  /** Milliseconds between two snapshots, at least 1000. */
  readonly snapshot_interval: number;
  /** Milliseconds between two scrubs, at least 60,000; 0 = never. */
  readonly scrub: number;
  /** Effect of a damaged store that no other copy can repair. */
  readonly on_corruption: "set-aside" | "refuse";
  /** The first whose filter matches counts. */
  readonly rule: readonly StorageRule[];
}

/** The broker's own certificate authority. */
export interface AuthoritySettings {
  /** Its folder; empty: see `authorityPath`. */
  readonly path: string;
  /** File of the client certificates it knows; empty: see `certificateListPath`. */
  readonly list: string;
  /** Names and addresses that the automatic certificate holds besides. */
  readonly host_names: readonly string[];
}

/** The `$SYS` topics. */
export interface SysSettings {
  /** Milliseconds between two reports; 0 = no `$SYS` topics. */
  readonly interval: number;
  /** True if clients that connect and disconnect are published. */
  readonly client_events: boolean;
}

/** Logging, to standard error or a file. */
export interface LogSettings {
  /** The least severe message that is logged. */
  readonly level: LogLevel;
  /** Levels of categories that differ from `level`. */
  readonly categories: Readonly<Partial<Record<LogCategory, LogLevel>>>;
  /** Format of a line. */
  readonly format: LogFormat;
  /** True if clients that connect and disconnect are logged at `info`. */
  readonly connections: boolean;
  /** Path of the log file; empty: standard error. */
  readonly file: string;
  /** Bytes of one log file; 0 = no bound. */
  readonly max_size: number;
  /** Milliseconds from a log file's first line to its end; 0 = no bound. */
  readonly max_age: number;
  /** Log files that are kept beside the one in use. */
  readonly keep: number;
}

/** Settings of the stop. */
export interface ShutdownSettings {
  /** Milliseconds that the broker may take to end after SIGTERM or SIGINT. */
  readonly timeout: number;
}

/** The machine that defaults are for: a small board, or any other. */
export type ProfileName = "small" | "standard";

/** The machine that the defaults are for. */
export interface ProfileSettings {
  /** The profile in force; without one in the configuration the detected one. */
  readonly name: ProfileName;
}

/** Names of the metrics: our own, or those of sapcc/mosquitto-exporter. */
export type MetricNames = "dunlin" | "mosquitto";

/** The clients that read `/metrics` without credentials. */
export type MetricsAccess = "loopback" | "everyone" | "credentials";

/** The admin page and its API. */
export interface AdminSettings {
  /** True if the broker serves them. */
  readonly enabled: boolean;
  /** Address that they are served at. */
  readonly bind: string;
  /** 0..65535; 0 picks a free one. */
  readonly port: number;
  /** True if they are served with TLS. */
  readonly tls: boolean;
  /** PEM file of the certificate; empty: the broker's own authority issues it. */
  readonly cert: string;
  /** PEM file of its key. */
  readonly key: string;
  /** Host names, besides those of this machine, by which browsers reach them. */
  readonly host_names: readonly string[];
  /** The clients that read `/metrics` without credentials. */
  readonly metrics: MetricsAccess;
  /** Names of the metrics in `/metrics`. */
  readonly metric_names: MetricNames;
  /** File of users and tokens; empty: see `adminPath`. */
  readonly file: string;
}

/** Everything the broker can be told: complete and checked. */
export interface Settings {
  /** At least one. */
  readonly listener: readonly ListenerSettings[];
  /** Authenticators in the order of asking; without any the listeners decide. */
  readonly auth: readonly AuthSettings[];
  /** Users that the settings know. */
  readonly user: readonly UserSettings[];
  /** Groups of users, for access rules. */
  readonly group: readonly GroupSettings[];
  /** Access rules; with any, all that none allows is refused. */
  readonly acl: readonly AclRule[];
  /** Settings of users and rules. */
  readonly access: AccessSettings;
  /** The machine that the defaults are for. */
  readonly profile: ProfileSettings;
  /** Bounds that protect the broker. */
  readonly limits: LimitSettings;
  /** State kept for a client while it is disconnected. */
  readonly session: SessionSettings;
  /** Retained messages. */
  readonly retained: RetainedSettings;
  /** Shared subscriptions. */
  readonly shared: SharedSettings;
  /** Optional features of MQTT. */
  readonly protocol: ProtocolSettings;
  /** Storage of sessions and messages. */
  readonly storage: StorageSettings;
  /** The broker's own certificate authority. */
  readonly authority: AuthoritySettings;
  /** The `$SYS` topics. */
  readonly sys: SysSettings;
  /** Logging. */
  readonly log: LogSettings;
  /** The admin page and its API. */
  readonly admin: AdminSettings;
  /** Settings of the stop. */
  readonly shutdown: ShutdownSettings;
}
