import type {
  HistogramFigures,
  HistoryFigures,
} from "../../admin/protocol/mod.ts";
import type { BrokerStatus } from "../../broker/mod.ts";
import { shownSize, shownTime } from "../console/figures.ts";
import { shownText } from "../console/shown_text.ts";

/** Reasons of one kind that are shown; the rest is counted. */
const MOST_REASONS = 4;

/** Columns of the table: names, and their widths. */
const NAME = 18;
const NOW = 12;
const RATE = 14;

/** A row of the table. */
interface Row {
  readonly name: string;
  /** Its column in the history. */
  readonly column: string;
  readonly now: number;
  readonly note?: string;
  /** Whether it only grows: then the hour has its sum. */
  readonly isTotal?: boolean;
  /** Whether it is a size in bytes. */
  readonly isSize?: boolean;
}

/** Returns the screen of `dunlin status`, with line ends. */
export function statusText(status: BrokerStatus): string {
  return [
    ...head(status),
    "",
    "".padEnd(NAME) + "now".padStart(NOW) + "a second".padStart(RATE) +
    "    last hour",
    ...rowsOf(status).map((row) => rowLine(row, status)),
    "",
    ...tail(status),
  ].map((line) => `${shownText(line)}\n`).join("");
}

function head(status: BrokerStatus): string[] {
  const { version, running, loading, uptime, process, storage } = status;
  const state = loading
    ? "no, it is reading its store"
    : running
    ? "yes"
    : "no, no listener is open";
  const { mode, health, reason } = storage;
  const isWell = health === "ok" ? "" : `, ${health}: ${reason ?? ""}`;
  return [
    `dunlin ${version}   running: ${state}   up ${
      duration(uptime)
    }   process ${process.pid}`,
    `storage ${mode}${isWell}   CPU ${cpuOf(status)}   memory ${
      shownSize(process.rss)
    }   event loop at most ${shownSeconds(status.lag.longest)} late`,
  ];
}

/** CPU in percent of one core: of late, else since the start. */
function cpuOf({ process, rates, uptime }: BrokerStatus): string {
  const { cpuSeconds } = process;
  if (cpuSeconds === null) return "unknown";
  const share = rates.perSecond.cpuSeconds ?? cpuSeconds / Math.max(1, uptime);
  return `${(share * 100).toFixed(1)} %`;
}

function rowsOf(status: BrokerStatus): Row[] {
  const { clients, sessions, subscriptions, messages, storage } = status;
  const away = sessions.away === 0 ? "" : `${sessions.away} without a client`;
  const total = { isTotal: true };
  const size = { isSize: true };
  return [
    { name: "clients", column: "clients", now: clients.connected },
    { name: "sessions", column: "sessions", now: sessions.count, note: away },
    {
      ...{ name: "subscriptions", column: "subscriptions" },
      now: subscriptions.count,
    },
    {
      ...{ name: "messages received", column: "received", ...total },
      now: messages.received,
    },
    {
      ...{ name: "messages sent", column: "sent", ...total },
      now: messages.sent,
    },
    {
      ...{ name: "messages retained", column: "retained" },
      now: messages.retained,
    },
    { name: "messages queued", column: "queued", now: messages.queued },
    {
      ...{ name: "retained size", column: "retainedBytes", ...size },
      now: storage.retainedBytes,
    },
    {
      ...{ name: "queued size", column: "queuedBytes", ...size },
      now: storage.queuedBytes,
    },
    {
      ...{ name: "session size", column: "sessionBytes", ...size },
      now: storage.sessionBytes,
    },
  ];
}

function rowLine(row: Row, { rates, history }: BrokerStatus): string {
  const shown = row.isSize ? shownSize : shownCount;
  const rate = rates.perSecond[row.column];
  const hour = history === undefined ? "" : hourOf(row, history, shown);
  const note = row.note ? ` (${row.note})` : "";
  return (row.name.padEnd(NAME) + shown(row.now).padStart(NOW) +
    shownRate(rate, row.isSize === true).padStart(RATE) + `    ${hour}${note}`)
    .trimEnd();
}

/** Returns what a figure did in the last hour: its sum, or its least and most. */
function hourOf(
  { column, now, isTotal }: Row,
  { columns, points }: HistoryFigures,
  shown: (value: number) => string,
): string {
  const at = columns.indexOf(column);
  const values = points.map((point) => point[at]);
  if (isTotal) return `+${shown(now - (values[0] ?? now))}`;
  const all = [...values, now];
  const [least, most] = [Math.min(...all), Math.max(...all)];
  return least === most ? shown(now) : `${shown(least)} to ${shown(most)}`;
}

function tail(status: BrokerStatus): string[] {
  const { dropped, closed, paused, listeners, certificates, alarms } = status;
  const names = listeners.map(({ name, bind, port, isWaiting, connections }) =>
    `${name} ${bind}${port === 0 ? "" : `:${port}`} ` +
    `(${isWaiting ? "waiting" : connections})`
  );
  const days = certificates.map(({ listener, days }) =>
    `${listener} ${days} days`
  );
  const raised = alarms.map(({ name, text, since }) =>
    `${"ALARM".padEnd(NAME)}${name}, since ${shownTime(since)}: ${text}`
  );
  return [
    named("dropped", reasons(dropped)),
    named("closed", reasons(closed)),
    named("paused", reasons(paused)),
    named("listeners", names.join(", ") || "none"),
    ...days.length === 0 ? [] : [named("certificates", days.join(", "))],
    named("99 % within", latencies(status)),
    ...raised.length === 0 ? [named("alarms", "none")] : raised,
  ];
}

function named(name: string, text: string): string {
  return name.padEnd(NAME) + text;
}

/** Returns the most frequent reasons; the sum first. */
function reasons(counts: Readonly<Record<string, number>>): string {
  const all = Object.entries(counts).filter(([, count]) => count > 0)
    .sort(([, one], [, other]) => other - one);
  const sum = all.reduce((total, [, count]) => total + count, 0);
  if (sum === 0) return "none";
  const first = all.slice(0, MOST_REASONS).map(([reason, count]) =>
    `${reason} ${shownCount(count)}`
  );
  const rest = all.length - first.length;
  return `${shownCount(sum)}: ${first.join(", ")}` +
    (rest === 0 ? "" : ` and ${rest} more reasons`);
}

function latencies(
  { turns, deliveries, commits, measuredSince }: BrokerStatus,
): string {
  const all: [string, HistogramFigures][] = [
    ["delivery", deliveries],
    ["turn", turns],
    ["commit", commits],
  ];
  const shown = all.filter(([, { count }]) => count > 0)
    .map(([name, histogram]) => `${name} ${shownSeconds(within(histogram))}`);
  return (shown.join(", ") || "nothing measured yet") +
    ` (since ${shownTime(measuredSince)})`;
}

/** Returns the bound that 99 % of the durations keep, in s; Infinity: none. */
export function within(
  { bounds, counts, count }: HistogramFigures,
  share = 0.99,
): number {
  let sum = 0;
  for (let at = 0; at < bounds.length; at++) {
    sum += counts[at];
    if (sum >= count * share) return bounds[at];
  }
  return Infinity;
}

/** `0.25 ms`, `2.5 s`; `more than a bucket has` where there is no bound. */
function shownSeconds(seconds: number): string {
  if (seconds === Infinity) return "over the last bound";
  return seconds >= 1
    ? `${Number(seconds.toFixed(1))} s`
    : `${Number((seconds * 1000).toFixed(2))} ms`;
}

function shownCount(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}

/** Empty for an unknown rate, and for one that shows as 0. */
function shownRate(rate: number | undefined, isSize: boolean): string {
  if (rate === undefined) return "";
  const sign = rate < 0 ? "-" : "";
  const size = Math.abs(rate);
  if (isSize) return size < 0.5 ? "0" : sign + shownSize(size);
  return size < 0.05 ? "0" : sign + size.toFixed(1);
}

/** `3 d 4 h 12 min`, `4 min 10 s`. */
function duration(seconds: number): string {
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return "0 s";
  return parts.slice(first, first + 2).map(([count, unit]) =>
    `${count} ${unit}`
  ).join(" ");
}
