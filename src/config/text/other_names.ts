/**
 * Settings here, by the names that Mosquitto and other brokers have for the
 * same. Names that differ in a letter or two are found without this.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  ...{ cafile: "ca", capath: "ca", certfile: "cert", keyfile: "key" },
  ...{ crlfile: "crl", tls_version: "min_tls", protocol: "type" },
  ...{ bind_address: "bind", host: "bind", hostname: "bind", address: "bind" },
  ...{
    tls: 'type = "tls"',
    ssl: 'type = "tls"',
    websocket: 'type = "websocket"',
  },
  ...{ max_clients: "max_connections", access: "action" },
  ...{ username: "name in a [[user]] table", pass: "password" },
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
  log_dest: "file below [log]",
  connection_messages: "connections below [log]",
  sys_interval: "interval below [sys]",
};

/** The same for sections. */
const SECTIONS: Readonly<Record<string, string>> = {
  ...{ server: "[[listener]]", mqtt: "[[listener]]", broker: "[[listener]]" },
  ...{ tls: '[[listener]] with type = "tls"', logging: "[log]" },
  ...{ websocket: '[[listener]] with type = "websocket"' },
};

/**
 * Returns what is called `name` elsewhere, below a header (`isSetting`) or as a
 * section; undefined for other words.
 */
export function counterpartOf(
  name: string,
  isSetting: boolean,
): string | undefined {
  for (const known of isSetting ? [SETTINGS] : [SECTIONS, SETTINGS]) {
    if (Object.hasOwn(known, name)) return known[name];
  }
  return undefined;
}
