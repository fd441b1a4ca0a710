import { validateTopicFilter } from "../../mqtt/mod.ts";
import { type Field, type FieldsOf, shown } from "./field.ts";
import { duration, size } from "./number_fields.ts";
import type {
  SpaceFloor,
  StorageRule,
  StorageSettings,
} from "../model/settings.ts";
import { formatSize, MIB, parseSize, SECOND } from "../text/units.ts";
import { choice, path, tables, text } from "./word_fields.ts";

const TIB = 1024 * 1024 * MIB;
const DAY = 24 * 3600 * SECOND;

/** Returns bytes, or a share of the disk. */
function spaceFloor(initial: SpaceFloor, doc: string): Field<SpaceFloor> {
  const range = `a size like "64 MiB", or "1%" to "90%" of the disk`;
  const write = ({ bytes, percent }: SpaceFloor) => {
    if (percent > 0) return `"${percent}%"`;
    return bytes === 0 ? "0" : JSON.stringify(formatSize(bytes));
  };
  return {
    doc,
    range,
    default: initial,
    defaultText: write(initial),
    json: { type: ["integer", "string"], minimum: 0 },
    read(value) {
      const part = /^(\d+)\s*%$/.exec(typeof value === "string" ? value : "");
      const percent = part === null ? 0 : Number(part[1]);
      if (percent >= 1 && percent <= 90) return { bytes: 0, percent };
      const bytes = typeof value === "string" ? parseSize(value) : value;
      if (Number.isSafeInteger(bytes) && (bytes as number) >= 0) {
        return { bytes: bytes as number, percent: 0 };
      }
      throw new RangeError(`${shown(value)} is not allowed: give ${range}`);
    },
    write,
  };
}

/** A filter without a share name: a rule speaks of topics, not of who reads. */
const ruleFilter: Field<string> = {
  ...text(
    "",
    /./,
    `a topic filter like "telemetry/#"`,
    "Topics that the rule applies to.",
  ),
  read(value) {
    const fault = typeof value !== "string"
      ? "no text"
      : value.startsWith("$share/")
      ? "a shared subscription"
      : validateTopicFilter(value);
    if (fault === null) return value as string;
    throw new RangeError(
      `${shown(value)} is not allowed: give a topic filter like ` +
        `"telemetry/#" (${fault})`,
    );
  },
};

/** Fields of one `[[storage.rule]]`. */
const ruleFields: FieldsOf<StorageRule> = {
  filter: ruleFilter,
  mode: choice(
    "memory",
    ["memory"],
    "Storage mode of these topics.",
  ),
};

/** Fields of `[storage]`. */
export const storageFields: FieldsOf<StorageSettings> = {
  mode: choice(
    "buffered",
    ["memory", "buffered", "durable", "fault-tolerant"],
    "The most that a crash loses: everything (memory), the last flush_interval (buffered), nothing acknowledged (durable); fault-tolerant also repairs a damaged store.",
  ),
  path: path(
    "a folder, or a file that ends in .kv",
    'Place of the store; "" means $STATE_DIRECTORY, $XDG_STATE_HOME/dunlin or ~/.local/state/dunlin.',
  ),
  flush_interval: duration(
    200,
    { unit: 1, min: 1, max: 60_000 },
    'Longest time from a change to its write, in mode "buffered".',
  ),
  max_size: size(
    0,
    0,
    TIB,
    "Largest size of the store; above it the broker refuses QoS 1 and 2 messages. 0 sets no limit.",
  ),
  write_budget: size(
    0,
    0,
    TIB,
    'Bytes to write in a day, like "500 MB", to spare an SD card; 0 sets no limit. Towards the limit changes wait longer in mode "buffered", up to 60 s; cleaning and snapshots wait in every mode. Beyond it the broker raises an alarm.',
  ),
  low_space: spaceFloor(
    { bytes: 64 * MIB, percent: 0 },
    "Free space to leave on the disk, at most a quarter of the disk; below it the broker refuses QoS 1 and 2 messages. 0 leaves 8 MiB or an eighth of the disk, which deleting needs.",
  ),
  snapshot_interval: duration(
    3600 * SECOND,
    { unit: 1, min: SECOND, max: 30 * DAY },
    'Time from one snapshot to the next, in mode "fault-tolerant".',
  ),
  scrub: duration(
    DAY,
    { unit: 1, min: 60 * SECOND, max: 365 * DAY, never: 0 },
    "Time between two scrubs, which read all blocks and copies and repair damage; 0 means never.",
  ),
  on_corruption: choice(
    "set-aside",
    ["set-aside", "refuse"],
    "A damaged store without a second copy: rename it and start empty, or do not start.",
  ),
  rule: tables(
    ruleFields,
    ["storage", "rule"],
    "Topics whose messages need less safety than the rest.",
    `[{ filter = "telemetry/#", mode = "memory" }]`,
  ),
};
