/** Options that nearly every configuration of Mosquitto has some of. */
const OPTIONS = new Set([
  ...["listener", "port", "bind_address", "protocol", "socket_domain"],
  ...["allow_anonymous", "password_file", "acl_file", "psk_file", "user"],
  ...["persistence", "persistence_location", "autosave_interval"],
  ...["cafile", "capath", "certfile", "keyfile", "require_certificate"],
  ...["include_dir", "pid_file", "per_listener_settings", "plugin"],
  ...["log_dest", "log_type", "log_timestamp", "connection_messages"],
  ...["connection", "address", "topic", "max_connections", "mount_point"],
]);

/**
 * Returns the number, from 1, of the first line that is an option of Mosquitto
 * and no TOML; null when `text` has none.
 */
export function mosquittoLine(text: string): number | null {
  const index = text.split("\n").findIndex((line) => {
    const [, name] = /^\s*([a-z_]+)[ \t]+[^\s=]/.exec(line) ?? [];
    return OPTIONS.has(name);
  });
  return index < 0 ? null : index + 1;
}
