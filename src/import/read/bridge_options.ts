const OPTIONS = [
  "address",
  "addresses",
  "cleansession",
  "clientid",
  "idle_timeout",
  "keepalive_interval",
  "notification_topic",
  "notifications",
  "notifications_local_only",
  "password",
  "restart_timeout",
  "round_robin",
  "start_type",
  "threshold",
  "topic",
  "try_private",
  "username",
];

/** Returns whether an option describes a bridge to another broker. */
export function isBridgeOption(name: string): boolean {
  return name === "connection" || OPTIONS.includes(name) ||
    /^(bridge|local|remote)_/.test(name);
}
