/// <reference lib="dom" />
import { html } from "htm/preact";
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { Query } from "../data/api.ts";
import { shownCount, shownText } from "../data/format.ts";
import { List } from "../data/list.ts";
import { linkTo, replaceQuery, route } from "../data/route.ts";
import type { GroupRow, MemberRow, SubscriptionRow } from "../data/rows.ts";
import { Filters } from "../parts/filters.ts";
import { Card, Head } from "../parts/shell.ts";
import type { View } from "../parts/view.ts";
import { ListTable } from "../parts/table.ts";
import { Drawer } from "../parts/dialog.ts";

/** Subscriptions of all clients, and shared groups. */
export function Subscriptions(): View {
  const list = useMemo(() => new List<SubscriptionRow>("subscriptions"), []);
  const query: Query = Object.fromEntries(route.value.query);
  useEffect(() => void list.load(query), [JSON.stringify(query)]);
  return html`
    <${Head} title="Subscriptions" />
    <${Filters} label="Filter subscriptions" query=${query}
      fields=${FIELDS} />
    <${ListTable} label="Subscriptions" list=${list} columns=${COLUMNS}
      keyOf=${({ client, filter }: SubscriptionRow) => `${client} ${filter}`}
      sort=${query.sort ?? "client"}
      onSort=${(sort: string) => replaceQuery({ ...query, sort })}
      empty="No subscription is like that." />
    <${Groups} />
  `;
}

const FIELDS = [
  { name: "client", label: "Exact client id" },
  { name: "topic", label: "Would get topic" },
  { name: "contains", label: "Filter has" },
  {
    ...{ name: "shared", label: "Kind" },
    options: [["", "all"], ["true", "shared"], ["false", "not shared"]],
  },
];

const COLUMNS = [
  {
    ...{ title: "Client", sort: "client" },
    cell: ({ client }: SubscriptionRow) =>
      html`<a href=${linkTo("clients", { id: client })}>${client}</a>`,
  },
  {
    ...{ title: "Filter", sort: "filter" },
    cell: ({ filter }: SubscriptionRow) => html`<code>${filter}</code>`,
  },
  {
    ...{ title: "Group", sort: "group" },
    cell: ({ group }: SubscriptionRow) => shownText(group),
  },
  {
    ...{ title: "QoS", sort: "qos", isNumber: true },
    cell: ({ qos }: SubscriptionRow) => qos,
  },
  {
    title: "Options",
    cell: (row: SubscriptionRow) =>
      shownText(
        [
          row.noLocal && "no local",
          row.retainAsPublished && "retain as published",
          row.retainHandling > 0 && `retain handling ${row.retainHandling}`,
          row.identifier > 0 && `identifier ${row.identifier}`,
        ].filter(Boolean).join(", "),
      ),
  },
  {
    title: "Client is",
    cell: ({ connected }: SubscriptionRow) => connected ? "connected" : "away",
  },
];

function Groups(): View {
  const list = useMemo(() => new List<GroupRow>("groups"), []);
  const shown = useSignal<GroupRow | null>(null);
  const sort = useSignal("name");
  useEffect(() => void list.load({ sort: sort.value }), [sort.value]);
  return html`
    <${Card} title="Shared groups" wide=${true}>
      <${ListTable} label="Shared groups" list=${list}
        columns=${groupColumns((group) => shown.value = group)}
        keyOf=${({ name, filter }: GroupRow) => `${name} ${filter}`}
        sort=${sort.value} onSort=${(next: string) => sort.value = next}
        empty="No client has a shared subscription." />
      ${shown.value !== null && html`
        <${Members} group=${shown.value}
          onClose=${() => shown.value = null} />
      `}
    <//>
  `;
}

function groupColumns(show: (group: GroupRow) => void) {
  return [
    {
      ...{ title: "Group", sort: "name" },
      cell: (group: GroupRow) =>
        html`
          <button class="link" aria-haspopup="dialog"
            onClick=${() => show(group)}>${group.name}</button>
        `,
    },
    {
      ...{ title: "Filter", sort: "filter" },
      cell: ({ filter }: GroupRow) => html`<code>${filter}</code>`,
    },
    {
      ...{ title: "Members", sort: "members", isNumber: true },
      cell: ({ members }: GroupRow) => shownCount(members),
    },
  ];
}

function Members(
  { group: { name, filter }, onClose }: {
    group: GroupRow;
    onClose: () => void;
  },
): View {
  const list = useMemo(() => new List<MemberRow>("groups/members"), []);
  useEffect(() => void list.load({ name, filter }), [name, filter]);
  return html`
    <${Drawer} title=${`Members of ${name}`} onClose=${onClose}>
      <p><code>$share/${name}/${filter}</code></p>
      <${ListTable} label="Members" list=${list} columns=${MEMBER_COLUMNS}
        keyOf=${({ client }: MemberRow) => client}
        empty="The group has no members any more." />
      <//>
  `;
}

const MEMBER_COLUMNS = [
  {
    title: "Client",
    cell: ({ client }: MemberRow) =>
      html`<a href=${linkTo("clients", { id: client })}>${client}</a>`,
  },
  {
    title: "State",
    cell: ({ connected }: MemberRow) => connected ? "connected" : "away",
  },
  { title: "QoS", cell: ({ qos }: MemberRow) => qos, isNumber: true },
  {
    ...{ title: "Waiting", isNumber: true },
    cell: ({ backlog }: MemberRow) => shownCount(backlog),
  },
  {
    ...{ title: "In flight", isNumber: true },
    cell: ({ inflight }: MemberRow) => shownCount(inflight),
  },
];
