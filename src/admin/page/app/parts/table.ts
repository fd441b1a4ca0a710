/// <reference lib="dom" />
import { html } from "htm/preact";
import type { ComponentChildren } from "preact";
import { shownTime } from "../data/format.ts";
import type { List } from "../data/list.ts";
import { Fault } from "./notice.ts";
import type { View } from "./view.ts";

/** A column of a table. */
export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => unknown;
  /** The name by which the API sorts by it. */
  readonly sort?: string;
  /** Whether it has numbers, which begin with the largest. */
  readonly isNumber?: boolean;
}

/** Parts of a table. */
interface TableParts<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  /** As the API has it: `-dropped`. */
  readonly sort?: string;
  readonly onSort?: (sort: string) => void;
}

/** A table that scrolls sideways where it is too wide. */
export function Table<Row>(parts: TableParts<Row>): View {
  const { label, columns, rows, keyOf } = parts;
  return html`
    <div class="scroll" tabindex="0" role="group" aria-label=${label}>
      <table aria-label=${label}>
        <thead>
          <tr>${columns.map((column) =>
            html`<${Heading} column=${column} ...${parts} />`
          )}</tr>
        </thead>
        <tbody>${rows.map((row) =>
          html`<tr key=${keyOf(row)}>${
            columns.map(({ cell, isNumber }) =>
              html`<td class=${isNumber ? "number" : ""}>${cell(row)}</td>`
            )
          }</tr>`
        )}</tbody>
      </table>
    </div>
  `;
}

function Heading<Row>(
  { column, sort = "", onSort }: TableParts<Row> & { column: Column<Row> },
): View {
  const { title, sort: name, isNumber } = column;
  const style = isNumber ? "number" : "";
  if (name === undefined || onSort === undefined) {
    return html`<th scope="col" class=${style}>${title}</th>`;
  }
  const isUp = sort === name;
  const isDown = sort === `-${name}`;
  const next = isUp || (isNumber && !isDown) ? `-${name}` : name;
  const order = isUp ? "ascending" : isDown ? "descending" : undefined;
  return html`
    <th scope="col" class=${style} aria-sort=${order}>
      <button onClick=${() => onSort(next)}>${title}
        <span aria-hidden="true">${isUp ? "▲" : isDown ? "▼" : ""}</span>
      </button>
    </th>
  `;
}

/** A list of the API as a table, with when it was taken, and more of it. */
export function ListTable<Row>(
  { list, empty, ...table }:
    & Omit<TableParts<Row>, "rows">
    & { list: List<Row>; empty: string },
): View {
  const rows = list.rows.value;
  const isBusy = list.isBusy.value;
  return html`
    <${Taken} list=${list} />
    <${Fault} text=${list.fault.value} />
    ${rows !== null &&
      (rows.length === 0
        ? html`<p class="empty">${empty}</p>`
        : html`<${Table} ...${table} rows=${rows} />`)}
    ${list.hasMore.value && html`
      <button disabled=${isBusy} onClick=${() => list.more()}>
        ${isBusy ? "Reading …" : "Show more"}
      </button>
    `}
  `;
}

/** When a list was taken, and the button that takes it anew. */
export function Taken<Row>(
  { list, children }: { list: List<Row>; children?: ComponentChildren },
): View {
  const at = list.takenAt.value;
  const count = list.rows.value?.length ?? 0;
  const isBusy = list.isBusy.value;
  const text = at === null
    ? isBusy ? "Reading …" : ""
    : `${count}${list.hasMore.value ? " shown, there are more" : " in all"}` +
      `, taken at ${shownTime(at)}`;
  return html`
    <div class="taken">
      <p role="status">${text}</p>
      <button disabled=${isBusy} onClick=${() => list.reload()}>Refresh</button>
      ${children}
    </div>
  `;
}
