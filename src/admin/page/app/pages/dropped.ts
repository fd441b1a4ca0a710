/// <reference lib="dom" />
import { html } from "htm/preact";
import { useEffect, useMemo } from "preact/hooks";
import { type Advice, adviceOf, CLOSED, DROPPED } from "../data/advice.ts";
import { shownCount, shownText, shownTime } from "../data/format.ts";
import { useSignal } from "@preact/signals";
import { figures } from "../data/live.ts";
import { List } from "../data/list.ts";
import { linkTo } from "../data/route.ts";
import type { ClientRow } from "../data/rows.ts";
import { Card, Head } from "../parts/shell.ts";
import type { View } from "../parts/view.ts";
import { ListTable } from "../parts/table.ts";

interface Counts {
  readonly at: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly closed: Readonly<Record<string, number>>;
}

/** Messages that were dropped and connections that ended, and what to do. */
export function Dropped(): View {
  const counts = useSignal<Counts | null>(null);
  const clients = useMemo(() => new List<ClientRow>("clients"), []);
  const take = () => {
    const now = figures.peek();
    if (now === null) return;
    const { time, dropped, closed } = now;
    counts.value = { at: time, dropped, closed };
  };
  const isKnown = figures.value !== null;
  useEffect(take, [isKnown]);
  useEffect(() => void clients.load(WORST), []);
  const now = counts.value;
  return html`
    <${Head} title="Dropped" />
    ${now === null ? html`<p class="empty">Waiting for figures …</p>` : html`
      <div class="taken">
        <p role="status">Counted from the start until ${shownTime(now.at)}</p>
        <button onClick=${take}>Count again</button>
      </div>
      <div class="cards">
        <${Reasons} title="Dropped messages" counts=${now.dropped}
          kind=${DROPPED} empty="No message was dropped." />
        <${Reasons} title="Ended connections" counts=${now.closed}
          kind=${CLOSED} empty="No connection has ended." />
      </div>
    `}
    <${Card} title="Clients with dropped messages" wide=${true}>
      <${ListTable} label="Clients with dropped messages" list=${clients}
        columns=${COLUMNS} keyOf=${({ id }: ClientRow) => id}
        empty="No client that is here has any." />
      <//>
  `;
}

const WORST = { drops: true, sort: "-dropped", limit: 20 };

const COLUMNS = [
  {
    title: "Client",
    cell: ({ id }: ClientRow) =>
      html`<a href=${linkTo("clients", { id })}>${id}</a>`,
  },
  { title: "State", cell: ({ state }: ClientRow) => state },
  { title: "User", cell: ({ user }: ClientRow) => shownText(user) },
  {
    ...{ title: "Dropped", isNumber: true },
    cell: ({ dropped }: ClientRow) => shownCount(dropped),
  },
  {
    ...{ title: "Waiting", isNumber: true },
    cell: ({ backlog }: ClientRow) => shownCount(backlog),
  },
];

function Reasons(
  { title, counts, kind, empty }: {
    title: string;
    counts: Readonly<Record<string, number>>;
    kind: Readonly<Record<string, Advice>>;
    empty: string;
  },
): View {
  const most = Object.entries(counts).filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a);
  return html`
    <${Card} title=${title}>
      ${most.length === 0 && html`<p class="empty">${empty}</p>`}
      <ul class="advice">${most.map(([reason, count]) => {
        const { what, todo } = adviceOf(kind, reason);
        return html`<li key=${reason}>
        <strong>${shownCount(count)} × ${what}</strong>
        ${todo && html`<span>${todo}</span>`}
        <small><code>${reason}</code></small></li>`;
      })}</ul>
    <//>
  `;
}
