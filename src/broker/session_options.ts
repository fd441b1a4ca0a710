import { dirname } from "node:path";
import { type Settings, storagePath, VERSION } from "../config/mod.ts";
import type { SessionOptions } from "../session/mod.ts";
import type { StoreSettings } from "../store/mod.ts";

/** Returns the settings of sessions, by the names that `session/` has for them. */
export function sessionOptions(settings: Settings): SessionOptions {
  const { limits, session, shared, protocol, access } = settings;
  return {
    maxClientIdLength: limits.max_client_id_length,
    maxTopicLength: limits.max_topic_length,
    maxTopicLevels: limits.max_topic_levels,
    maxSubscriptions: limits.max_subscriptions_per_session,
    maxWildcardLevels: limits.max_wildcard_levels_per_session,
    maxInflight: limits.max_inflight,
    topicAliasMaximumOut: limits.topic_alias_maximum_out,
    publishRate: limits.publish_rate,
    publishBytesRate: limits.publish_bytes_rate,
    maxOutbound: limits.max_outbound,
    maxQueuedMemory: limits.max_queued_memory,
    maxExpiry: session.max_expiry,
    expiryV3: session.expiry_v3,
    backlogMessages: session.backlog_messages,
    backlogBytes: session.backlog_bytes,
    backlogPolicy: session.backlog_policy,
    queueQos0: session.queue_qos0,
    sharedAvailable: shared.available,
    wildcardAvailable: protocol.wildcard_available,
    validatePayloadFormat: protocol.validate_payload_format,
    explainAccess: access.explain,
    clientIdOwner: access.client_id_owner,
    deniedPublish: access.on_denied_publish,
  };
}

/** Callbacks of an open store. */
export type StoreReports = Required<
  Pick<
    StoreSettings,
    "snapshotTrouble" | "damage" | "walTrouble" | "budgetTrouble"
  >
>;

/** Returns the settings of the store, with its callbacks. */
export function storeSettings(
  settings: Settings,
  reports: StoreReports,
): StoreSettings {
  const { storage } = settings;
  return {
    mode: storage.mode,
    path: storagePath(settings, Deno.env.toObject()),
    flushInterval: storage.flush_interval,
    maxSize: storage.max_size,
    writeBudget: storage.write_budget,
    lowSpaceBytes: storage.low_space.bytes,
    lowSpacePercent: storage.low_space.percent,
    snapshotInterval: storage.snapshot_interval,
    onCorruption: storage.on_corruption === "refuse" ? "refuse" : "start-empty",
    name: `dunlin ${VERSION}`,
    scrubInterval: storage.scrub,
    ...reports,
  };
}

/** Returns the folder of the store; null in `memory`. */
export function storageFolder(settings: Settings): string | null {
  return settings.storage.mode === "memory"
    ? null
    : dirname(storagePath(settings, Deno.env.toObject()));
}
