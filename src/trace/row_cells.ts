import { type PayloadForm, readableBytes } from "./shown_row.ts";
import type {
  ShownFilter,
  ShownPayload,
  ShownValue,
  TraceRow,
} from "./trace_row.ts";

/** Characters of the longest payload in a table. */
const LONGEST = 200;

/** Names of versions. */
const VERSIONS = { 3: "3.1", 4: "3.1.1", 5: "5.0" } as const;

/** The cells of one line of the table. */
export interface RowCells {
  /** Local time of day, in ms. */
  readonly time: string;
  /** Client id, or the number of the connection. */
  readonly client: string;
  /** As in the row. */
  readonly direction: "in" | "out";
  /** As in the row. */
  readonly packet: string;
  /** Whether the packet refuses something, is malformed, or ends badly. */
  readonly isBad: boolean;
  /** All else, in words. */
  readonly details: string;
}

/** Returns a row as cells of a table. */
export function rowCells(row: TraceRow, form: PayloadForm): RowCells {
  const { client, connection, direction, packet, code = 0, codes = [] } = row;
  return {
    time: timeOf(row.time),
    client: client === "" ? `(connection ${connection})` : client,
    direction,
    packet,
    isBad: code >= 0x80 || row.malformed !== undefined ||
      packet === "CONNACK" && code !== 0 ||
      codes.some((one) => !/^(Granted|Success|NoSub)/.test(one)),
    details: detailsOf(row, form).filter((one) => one !== "").join("  "),
  };
}

function timeOf(time: string): string {
  const at = new Date(time);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two);
  return `${day.join(":")}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}

function detailsOf(row: TraceRow, form: PayloadForm): string[] {
  const { topic, qos, packetId, code, reason, malformed, detail } = row;
  return [
    ...connectOf(row, form),
    topic ?? "",
    (row.filters ?? []).map(filterText).join(", "),
    qos === undefined ? "" : `QoS ${qos}`,
    row.retain ? "retain" : "",
    row.dup ? "DUP" : "",
    packetId === undefined ? "" : `id ${packetId}`,
    (row.codes ?? []).join(", "),
    row.of === undefined ? "" : `… ${row.of} in all`,
    row.sessionPresent ? "session present" : "",
    reasonText(code, reason),
    propertiesText(row.properties),
    row.payloadLength === undefined
      ? ""
      : payloadText(row as ShownPayload, form),
    malformed === undefined ? "" : `malformed: ${malformed}`,
    detail ?? "",
  ];
}

function reasonText(code: number | undefined, reason = ""): string {
  return code === undefined
    ? reason
    : `${reason} (0x${code.toString(16).padStart(2, "0")})`;
}

function connectOf(row: TraceRow, form: PayloadForm): string[] {
  if (row.packet !== "CONNECT" || row.cleanStart === undefined) return [];
  const { version, cleanStart, keepAlive, user, password, will } = row;
  return [
    `from ${row.address}`,
    `MQTT ${VERSIONS[version]}`,
    cleanStart ? "clean start" : "session goes on",
    `keep alive ${keepAlive} s`,
    user === undefined ? "" : `user ${user}`,
    password === undefined ? "" : `password ${password}`,
    will === undefined
      ? ""
      : `will ${will.topic} QoS ${will.qos}${will.retain ? " retain" : ""} ${
        payloadText(will, form)
      }`,
  ];
}

function filterText(one: ShownFilter): string {
  return [
    one.filter,
    one.qos === undefined ? "" : ` QoS ${one.qos}`,
    one.noLocal ? " no local" : "",
    one.retainAsPublished ? " retain as published" : "",
    one.retainHandling === undefined
      ? ""
      : ` retain handling ${one.retainHandling}`,
  ].join("");
}

function propertiesText(
  properties: Readonly<Record<string, ShownValue>> = {},
): string {
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${valueText(value)}`).join(" ");
}

function valueText(value: ShownValue): string {
  if (!Array.isArray(value)) return String(value);
  return value.map((one) => Array.isArray(one) ? one.join(":") : one).join(",");
}

function payloadText(
  { payloadLength, payload }: ShownPayload,
  form: PayloadForm,
): string {
  const size = `${payloadLength} B`;
  if (payload === undefined || form === "none") return size;
  const bytes = Uint8Array.fromBase64(payload);
  const isCut = bytes.length < payloadLength;
  const read = readableBytes(bytes, form, isCut);
  const said = read.payload ?? read.payloadHex;
  const text = typeof said === "string" ? said : JSON.stringify(said);
  const isLong = isCut || text.length > LONGEST;
  return `${size}  ${text.slice(0, LONGEST)}${isLong ? "…" : ""}`;
}
