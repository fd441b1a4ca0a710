/**
 * Settings here, by the names that Mosquitto has for the same. Names that
 * differ in a letter or two, or not at all, are found without this.
 */
const COUNTERPARTS: Readonly<Record<string, string>> = {
  ...{ cafile: "ca", capath: "ca", certfile: "cert", keyfile: "key" },
  ...{ crlfile: "crl", tls_version: "min_tls", protocol: "type" },
  bind_address: "bind",
  require_certificate: 'client_certificates = "required"',
  use_identity_as_username: 'username_from = "cn"',
  use_subject_as_username: 'username_from = "subject"',
  use_username_as_clientid: 'client_id = "username"',
  password_file: 'an [[auth]] table with type = "password-file" and file',
  max_inflight_messages: "max_inflight below [limits]",
  max_queued_messages: "backlog_messages below [session]",
  max_queued_bytes: "backlog_bytes below [session]",
  queue_qos0_messages: "queue_qos0 below [session]",
  persistent_client_expiration: "max_expiry below [session]",
  message_size_limit: "max_packet_size below [limits]",
  memory_limit: "max_queued_memory below [limits]",
  persistence: "mode below [storage]",
  persistence_location: "path below [storage]",
  autosave_interval: "flush_interval below [storage]",
  log_type: "level below [log]",
  connection_messages: "connections below [log]",
  sys_interval: "interval below [sys]",
};

/** What Mosquitto's setting `name` is called here; undefined for others. */
export function counterpartOf(name: string): string | undefined {
  return Object.hasOwn(COUNTERPARTS, name) ? COUNTERPARTS[name] : undefined;
}
