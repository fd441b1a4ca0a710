/// <reference lib="dom" />
import { html } from "htm/preact";
import type { Figures, ListenerFigures } from "../data/figures.ts";
import { adviceOf, CLOSED, DROPPED } from "../data/advice.ts";
import {
  counted,
  shownCount,
  shownDate,
  shownDuration,
  shownRate,
  shownSize,
} from "../data/format.ts";
import { figures, isPaused, series } from "../data/live.ts";
import { linkTo } from "../data/route.ts";
import type { Column } from "../data/series.ts";
import { Chart, Spark } from "../parts/chart.ts";
import { Card, Head } from "../parts/shell.ts";
import type { View } from "../parts/view.ts";
import { Table } from "../parts/table.ts";

/** The state of the broker, as it changes. */
export function Overview(): View {
  const now = figures.value;
  const paused = isPaused.value;
  return html`
    <${Head} title="Overview">
      <button aria-pressed=${paused} onClick=${() => isPaused.value = !paused}>
        ${paused ? "Go on" : "Pause"}
      </button>
    <//>
    ${now === null ? html`<p class="empty">Waiting for figures …</p>` : html`
      <${Alarms} now=${now} />
      <${Tiles} now=${now} />
      <${Charts} />
      <div class="cards">
        <${Listeners} now=${now} />
        <${Reasons} title="Dropped messages" counts=${now.dropped}
          kind=${DROPPED} empty="No message was dropped since the start." />
        <${Reasons} title="Ended connections" counts=${now.closed}
          kind=${CLOSED} empty="No connection has ended since the start." />
        <${Machine} now=${now} />
      </div>
    `}
  `;
}

interface NowParts {
  readonly now: Figures;
}

function Alarms({ now: { alarms, storage } }: NowParts): View | null {
  const isSound = storage.health === "ok";
  if (alarms.length === 0 && isSound) return null;
  return html`
    <section class="alarms" aria-label="Alarms">
      ${alarms.map(({ name, text, since }) =>
        html`<div class="alarm" key=${name}><strong>${name}</strong>
        <span>${text}</span><small>since ${shownDate(since)}</small></div>`
      )}
      ${alarms.length === 0 && html`<div class="alarm"><strong>storage</strong>
      <span>${storage.reason ?? storage.health}</span></div>`}
    </section>
  `;
}

interface Tile {
  readonly name: string;
  readonly column: Column;
  readonly value: (now: Figures) => number;
  /** A word more; empty for none. */
  readonly note?: (now: Figures) => string;
  readonly isTotal?: boolean;
  readonly isSize?: boolean;
  readonly link?: string;
}

const away = ({ sessions }: Figures) =>
  sessions.away === 0 ? "" : `${shownCount(sessions.away)} away`;

const TILES: readonly Tile[] = [
  {
    ...{ name: "Clients", column: "clients", link: "clients" },
    value: ({ clients }) => clients.connected,
    note: ({ clients }) => `at most ${shownCount(clients.maximum)}`,
  },
  {
    ...{ name: "Sessions", column: "sessions", link: "clients" },
    value: ({ sessions }) => sessions.count,
    note: away,
  },
  {
    ...{ name: "Subscriptions", column: "subscriptions" },
    ...{ link: "subscriptions" },
    value: ({ subscriptions }) => subscriptions.count,
  },
  {
    ...{ name: "Messages received", column: "received", isTotal: true },
    value: ({ messages }) => messages.received,
  },
  {
    ...{ name: "Messages sent", column: "sent", isTotal: true },
    value: ({ messages }) => messages.sent,
  },
  {
    ...{ name: "Messages retained", column: "retained", link: "topics" },
    value: ({ messages }) => messages.retained,
  },
  {
    ...{ name: "Retained size", column: "retainedBytes", isSize: true },
    value: ({ storage }) => storage.retainedBytes,
  },
  {
    ...{ name: "Queued size", column: "queuedBytes", isSize: true },
    value: ({ storage }) => storage.queuedBytes,
    note: ({ messages }) => counted(messages.queued, "message"),
  },
  {
    ...{ name: "Session size", column: "sessionBytes", isSize: true },
    value: ({ storage }) => storage.sessionBytes,
  },
];

function Tiles({ now }: NowParts): View {
  const { running, loading, uptime, storage } = now;
  const text = loading ? "Not yet" : running ? "Yes" : "No";
  return html`
    <dl class="tiles">
      <div class="tile">
        <dt>Running</dt>
        <dd class="value">${text}</dd>
        <dd class="dim">for ${shownDuration(uptime)}</dd>
        <dd class="dim">storage ${storage.mode}${storage.health === "ok"
          ? ""
          : `, ${storage.health}`}</dd>
      </div>
      ${TILES.map((tile) =>
        html`<${TileView} key=${tile.name} tile=${tile} now=${now} />`
      )}
    </dl>
  `;
}

function TileView({ tile, now }: NowParts & { tile: Tile }): View {
  const { name, column, value, note, isTotal, isSize = false, link } = tile;
  const shown = isSize ? shownSize : shownCount;
  const rate = shownRate(now.rates.perSecond[column], isSize);
  const values = isTotal ? series.rate(column) : series.level(column);
  const word = note?.(now) ?? "";
  return html`
    <div class="tile">
      <dt>${link ? html`<a href=${linkTo(link)}>${name}</a>` : name}</dt>
      <dd class="value">${shown(value(now))}</dd>
      <dd class="dim">${rate === "0/s" || rate === "0 B/s"
        ? "steady"
        : rate}${word && `, ${word}`}</dd>
      <dd>
        <${Spark} values=${values} />
      </dd>
    </div>
  `;
}

function Charts(): View {
  const { times } = series;
  const perSecond = (value: number) => shownRate(value);
  const bytesPerSecond = (value: number) => shownRate(value, true);
  const percent = (value: number) =>
    Number.isFinite(value) ? `${Number((value * 100).toPrecision(2))} %` : "–";
  const line = (name: string, column: Column) => ({
    name,
    values: series.rate(column),
  });
  const level = (name: string, column: Column) => ({
    name,
    values: series.level(column),
  });
  return html`
    <div class="cards charts">
      <${Card} title="Messages">
        <${Chart} title="Messages a second" times=${times} shown=${perSecond}
          lines=${[
            line("received", "received"),
            line("sent", "sent"),
            line("dropped", "dropped"),
          ]} />
        <//>
        <${Card} title="Traffic">
          <${Chart} title="Bytes a second" times=${times} shown=${bytesPerSecond}
            lines=${[line("in", "bytesReceived"), line("out", "bytesSent")]} />
          <//>
          <${Card} title="Clients and sessions">
            <${Chart} title="Clients and sessions" times=${times}
              shown=${shownCount} lines=${[
                level("clients", "clients"),
                level("sessions", "sessions"),
              ]} />
            <//>
            <${Card} title="CPU">
              <${Chart} title="CPU, of one core" times=${times}
                shown=${percent}
                lines=${[line("CPU", "cpuSeconds")]} />
              <//>
              </div>
  `;
}

function Listeners({ now: { listeners } }: NowParts): View {
  const columns = [
    { title: "Name", cell: ({ name }: ListenerFigures) => name },
    { title: "Type", cell: ({ type }: ListenerFigures) => type },
    {
      title: "Address",
      cell: ({ bind, port, isWaiting }: ListenerFigures) =>
        `${bind}${port === 0 ? "" : `:${port}`}${
          isWaiting ? " (waits for its address)" : ""
        }`,
    },
    {
      ...{ title: "Connections", isNumber: true },
      cell: ({ connections }: ListenerFigures) => shownCount(connections),
    },
  ];
  return html`
    <${Card} title="Listeners">
      ${listeners.length === 0
        ? html`<p class="empty">No listener is open: no client can connect.</p>`
        : html`
          <${Table} label="Listeners" columns=${columns} rows=${listeners}
            keyOf=${({ name }: ListenerFigures) => name} />
        `}
    <//>
  `;
}

/** The reasons that count most; the page Dropped has all, and what to do. */
function Reasons(
  { title, counts, kind, empty }: {
    title: string;
    counts: Readonly<Record<string, number>>;
    kind: typeof DROPPED;
    empty: string;
  },
): View {
  const most = Object.entries(counts).filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a).slice(0, 5);
  return html`
    <${Card} title=${title}>
      ${most.length === 0 ? html`<p class="empty">${empty}</p>` : html`
        <ul class="reasons">${most.map(([reason, count]) =>
          html`<li key=${reason}><span>${adviceOf(kind, reason).what}</span>
          <strong>${shownCount(count)}</strong></li>`
        )}</ul>
        <p><a href=${linkTo("dropped")}>All reasons, and what to do</a></p>
      `}
    <//>
  `;
}

function Machine({ now }: NowParts): View {
  const { version, process, lag, storage, certificates, errors } = now;
  const { writtenToday } = storage;
  const written = Object.values(writtenToday).reduce(
    (sum, one) => sum + one,
    0,
  );
  const facts: readonly [string, string][] = [
    ["Version", version],
    ["Memory", shownSize(process.rss)],
    ["Longest lateness", `${Math.round(lag.longest * 1000)} ms`],
    ["Slow turns", shownCount(errors.slowTurns)],
    [
      "Written today",
      storage.mode === "memory" ? "nothing" : shownSize(written),
    ],
    ["Store", shownSize(storage.storedBytes)],
    ...certificates.map(({ listener, days }): [string, string] => [
      `Certificate of ${listener}`,
      days < 0 ? "expired" : `${counted(days, "day")} left`,
    ]),
  ];
  return html`
    <${Card} title="Broker">
      <dl class="facts">${facts.map(([name, value]) =>
        html`
          <div key=${name}>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>
        `
      )}</dl>
      <//>
  `;
}
