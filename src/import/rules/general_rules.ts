import {
  becomes,
  becomesAll,
  lost,
  lostWhenTrue,
  Misread,
  needless,
  type Rule,
  whole,
  yesOrNo,
} from "../toml/translation.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
/** The most that our counts take. */
const ANY = 1_000_000_000;

/** Returns the setting of a count in which 0 stands for "no bound". */
function count(key: string, unbounded: number): Rule {
  return (value) => {
    const number = whole(value);
    if (number === 0) return becomes(key, unbounded, "0 was: no bound");
    if (number <= unbounded) return becomes(key, number);
    return becomes(key, unbounded, `${number} is more than can be set here`);
  };
}

/**
 * Returns the setting of a size; 0 stands for "no bound", which is `most` here.
 */
function size(key: string, least: number, most: number, note = ""): Rule {
  return (value) => {
    const bytes = whole(value);
    if (bytes === 0) return becomes(key, most, "0 was: no bound");
    const within = Math.min(Math.max(bytes, least), most);
    return becomes(
      key,
      within,
      within === bytes ? note : `${bytes} was said; this is what can be set`,
    );
  };
}

function flag(key: string): Rule {
  return (value) => becomes(key, yesOrNo(value));
}

const DAYS_OF_UNIT: Readonly<Record<string, number>> = {
  d: 1,
  w: 7,
  m: 30,
  y: 365,
};

/** `persistent_client_expiration`: a count of seconds, hours, days, ... */
function expiration(value: string): string {
  const match = /^(\d{1,9})([shdwmy])$/.exec(value);
  if (match === null) throw new Misread("it is no time like 90s, 14d or 1y");
  const [, number, unit] = match;
  if (unit === "s") return `${number}s`;
  if (unit === "h") return `${Math.min(Number(number), 876_000)}h`;
  return `${Math.min(Number(number) * DAYS_OF_UNIT[unit], 36_500)}d`;
}

/** Overhead that a payload at its bound may have: topic and properties. */
const AROUND_PAYLOAD = 128 * KIB;

/** Options that hold for the whole broker, and what each becomes. */
export const generalRules: Readonly<Record<string, Rule>> = {
  max_inflight_messages: (value) => {
    const number = Math.min(whole(value) || 65_535, 65_535);
    return becomesAll([
      { key: "limits.max_inflight", value: number },
      { key: "limits.receive_maximum", value: number },
    ], number === 65_535 ? "0 was: no bound" : "");
  },
  max_packet_size: size("limits.max_packet_size", KIB, 256 * MIB),
  message_size_limit: (value) => {
    const bytes = whole(value);
    if (bytes === 0) return needless("0 is: no bound of its own");
    return becomes(
      "limits.max_packet_size",
      Math.min(bytes + AROUND_PAYLOAD, 256 * MIB),
      `it was ${bytes} for the payload alone; here topic and properties ` +
        "count too, and who sends more is disconnected",
    );
  },
  memory_limit: (value) => {
    const bytes = whole(value);
    if (bytes === 0) return needless("0 is: no bound");
    return becomes(
      "limits.max_queued_memory",
      Math.max(bytes, MIB),
      "here it bounds the messages that wait, not all memory",
    );
  },
  global_max_connections: (value) =>
    becomes("limits.max_connections", Math.max(whole(value, -1), 0)),
  max_keepalive: (value) =>
    becomes(
      "session.max_keep_alive",
      Math.min(whole(value), 65_535),
      "MQTT 3.x clients that say nothing for 1.5 times as long are closed",
    ),
  max_queued_messages: count("session.backlog_messages", ANY),
  max_queued_bytes: size("session.backlog_bytes", KIB, 64 * KIB * MIB),
  queue_qos0_messages: flag("session.queue_qos0"),
  persistent_client_expiration: (value) => {
    const time = expiration(value);
    return becomesAll([
      { key: "session.max_expiry", value: time },
      { key: "session.expiry_v3", value: time },
    ]);
  },
  retain_available: flag("retained.available"),
  sys_interval: (value) =>
    becomes("sys.interval", Math.min(whole(value), 86_400)),
  max_inflight_bytes: (value) =>
    whole(value) === 0
      ? needless("0 is: no bound")
      : lost("messages in flight are bounded by their number alone"),
  upgrade_outgoing_qos: lostWhenTrue(
    "a message is never delivered with a higher QoS than it was published with",
  ),
  allow_duplicate_messages: () =>
    needless("MQTT leaves it to the broker; clients must expect both"),
  check_retain_source: (value) =>
    yesOrNo(value)
      ? needless("as always")
      : lost("a publisher's right is checked when a message is retained"),
  clientid_prefixes: (value) =>
    needless(value === "" ? "it names none" : "each [[listener]] has it"),
  set_tcp_nodelay: () => needless("always on: many messages share a write"),
  connection_messages: flag("log.connections"),
  log_facility: () => lost("the log goes to standard error"),
  log_timestamp: () => needless("log lines begin with their time"),
  log_timestamp_format: () => lost("the time of log lines is ISO 8601"),
  log_dest: (value) => {
    const kind = value.split(/\s/, 1)[0];
    if (kind === "stderr") return needless("as always");
    if (kind === "file") {
      // The user of this broker may not write to Mosquitto's file.
      return lost("the log goes to standard error; [log] file names a file");
    }
    return lost("the log goes to standard error; systemd takes it from there");
  },
  websockets_log_level: () => lost("[log] level is for all there is"),
  websockets_headers_size: () => needless("headers may take up to 8 KiB"),
  autosave_interval: () =>
    needless("what changes is on disk within [storage] flush_interval"),
  autosave_on_changes: () =>
    needless("what changes is on disk within [storage] flush_interval"),
  persistence_file: () => needless("the store has a file of its own"),
  pid_file: () =>
    lost("serve --ready-file FILE writes the process id and the addresses"),
  user: () => lost("it stays the user who starts it: systemd's User= does it"),
  include_dir: () => needless("an included file includes nothing more"),
  retry_interval: () =>
    needless("messages are sent again when a client comes back"),
  store_clean_interval: () => needless("what is not needed is gone at once"),
  retain_expiry_interval: () =>
    needless(
      "a retained message is kept until its own Message Expiry Interval ends",
    ),
  packet_buffer_size: () => needless("buffers grow with what clients send"),
  enable_control_api: () => needless("there is no control API to turn on"),
};
