/// <reference lib="dom" />
import { html } from "htm/preact";
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { Query } from "../data/api.ts";
import { shownAge, shownCount, shownSize, shownText } from "../data/format.ts";
import { List } from "../data/list.ts";
import { replaceQuery, route } from "../data/route.ts";
import type { ClientRow } from "../data/rows.ts";
import { Filters } from "../parts/filters.ts";
import { Head } from "../parts/shell.ts";
import type { View } from "../parts/view.ts";
import { type Column, ListTable } from "../parts/table.ts";
import { ClientDrawer } from "./client_drawer.ts";

/** Clients and their sessions, with filters, and a drawer for one of them. */
export function Clients(): View {
  const list = useMemo(() => new List<ClientRow>("clients"), []);
  const shown = useSignal<string | null>(null);
  const query: Query = Object.fromEntries(route.value.query);
  const text = JSON.stringify(query);
  useEffect(() => void list.load(query), [text]);
  return html`
    <${Head} title="Clients" />
    <${Filters} label="Filter clients" query=${query}
      fields=${FIELDS} more=${MORE} />
    <${ListTable} label="Clients" list=${list}
      columns=${columnsOf(list.takenAt.value, (id) => shown.value = id)}
      keyOf=${({ id }: ClientRow) => id} sort=${query.sort ?? "id"}
      onSort=${(sort: string) => replaceQuery({ ...query, sort })}
      empty=${Object.keys(query).length === 0
        ? "No client has connected yet."
        : "No client is like that."} />
    ${shown.value !== null && html`
      <${ClientDrawer} id=${shown.value}
        onClose=${(isChanged: boolean) => {
          shown.value = null;
          if (isChanged) void list.reload();
        }} />
    `}
  `;
}

const FIELDS = [
  { name: "contains", label: "Id, user or address has" },
  {
    ...{ name: "away", label: "State" },
    options: [["", "all"], ["false", "connected"], ["true", "away"]],
  },
  { name: "backlog", label: "Messages wait", isFlag: true },
  { name: "drops", label: "Has dropped messages", isFlag: true },
];

const MORE = [
  { name: "id", label: "Exact id" },
  { name: "user", label: "Exact user" },
  { name: "address", label: "Address or network" },
  { name: "listener", label: "Listener" },
  { name: "topic", label: "Would get topic" },
];

function columnsOf(
  takenAt: string | null,
  show: (id: string) => void,
): Column<ClientRow>[] {
  // Times are those of the broker's clock.
  const now = Date.parse(takenAt ?? "");
  return [
    {
      ...{ title: "Id", sort: "id" },
      cell: ({ id }) =>
        html`
          <button class="link" aria-haspopup="dialog"
            onClick=${() => show(id)}>${id}</button>
        `,
    },
    {
      ...{ title: "State", sort: "state" },
      cell: ({ state }) => html`<span class="tag ${state}">${state}</span>`,
    },
    { title: "User", sort: "user", cell: ({ user }) => shownText(user) },
    {
      ...{ title: "Address", sort: "address" },
      cell: ({ address }) => shownText(address),
    },
    {
      ...{ title: "Listener", sort: "listener" },
      cell: ({ listener }) => shownText(listener),
    },
    {
      ...{ title: "MQTT", sort: "version" },
      cell: ({ version }) => shownText(version),
    },
    {
      ...{ title: "For", sort: "connectedSince" },
      cell: ({ connectedSince, awaySince }) =>
        shownAge(connectedSince ?? awaySince, now),
    },
    number("Subscriptions", "subscriptions"),
    number("Waiting", "backlog"),
    number("Waiting size", "backlogBytes", shownSize),
    number("In flight", "inflight"),
    number("Dropped", "dropped"),
    number("Received", "messagesReceived"),
    number("Sent", "messagesSent"),
  ];
}

function number(
  title: string,
  sort: keyof ClientRow,
  shown: (value: number) => string = shownCount,
): Column<ClientRow> {
  const cell = (row: ClientRow) => shown(row[sort] as number);
  return { title, sort, isNumber: true, cell };
}
