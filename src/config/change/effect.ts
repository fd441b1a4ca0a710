/**
 * When a changed setting counts for a broker that runs: at once; for each
 * client when it connects the next time, because CONNACK has promised it the
 * old value, or it is about the CONNECT itself; or only after a restart.
 */
export type Effect = "now" | "reconnect" | "restart";

/**
 * A store is not carried over to another place or promise while it is used; the
 * caches of a profile keep their size, and the admin page its users.
 */
const RESTART: ReadonlySet<string> = new Set([
  "storage.mode",
  "storage.path",
  "profile.name",
  "admin.file",
]);

/** Settings that CONNACK announces, or that judge a CONNECT. */
const AGREED: ReadonlySet<string> = new Set([
  "limits.max_client_id_length",
  "limits.connect_timeout",
  "limits.max_packet_size",
  "limits.receive_maximum",
  "limits.topic_alias_maximum",
  "limits.topic_alias_maximum_out",
  "access.client_id_owner",
  "session.max_expiry",
  "session.expiry_v3",
  "session.max_keep_alive",
  "retained.available",
  "shared.available",
  "protocol.max_qos",
  "protocol.wildcard_available",
  "listener.name",
  "listener.versions",
  "listener.mount_point",
  "listener.username_from",
  "listener.client_id",
  "listener.assign_client_id",
  "listener.client_id_prefixes",
  "listener.proxy_client_tls",
  "listener.proxy_username",
  "listener.connect_timeout",
  "listener.max_packet_size",
  "listener.receive_maximum",
  "listener.topic_alias_maximum",
  "listener.max_keep_alive",
  "listener.max_qos",
  "listener.retain_available",
]);

/** When a change of `section.key` counts; a listener's are `listener.key`. */
export function effectOf(section: string, key: string): Effect {
  const name = `${section}.${key}`;
  if (RESTART.has(name)) return "restart";
  return AGREED.has(name) ? "reconnect" : "now";
}
