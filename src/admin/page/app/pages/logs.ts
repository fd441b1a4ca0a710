/// <reference lib="dom" />
import { html } from "htm/preact";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { type Query, queryText } from "../data/api.ts";
import { counted, shownDate } from "../data/format.ts";
import {
  fieldsOf,
  type LogEvent,
  type LogMessage,
  withMessage,
} from "../data/log_lines.ts";
import { route } from "../data/route.ts";
import { Filters } from "../parts/filters.ts";
import { Head } from "../parts/shell.ts";
import type { View } from "../parts/view.ts";

/** The last events of the log, the latest first. */
export function Logs(): View {
  const query: Query = Object.fromEntries(route.value.query);
  const lines = useSignal<readonly LogEvent[]>([]);
  const missed = useSignal(0);
  const isPaused = useSignal(false);
  const waiting = useSignal(0);
  const held = useRef<readonly LogEvent[]>([]);
  const show = () => {
    lines.value = held.current;
    waiting.value = 0;
  };
  useEffect(() => {
    held.current = [];
    missed.value = 0;
    show();
    const source = new EventSource(`api/v1/logs${queryText(query)}`);
    source.addEventListener("logs", ({ data }) => {
      const message = JSON.parse(data) as LogMessage;
      held.current = withMessage(held.current, message);
      missed.value += message.missed;
      if (isPaused.value) waiting.value += message.events.length;
      else show();
    });
    return () => source.close();
  }, [JSON.stringify(query)]);
  const pause = () => {
    isPaused.value = !isPaused.value;
    show();
  };
  return html`
    <${Head} title="Logs">
      <button aria-pressed=${isPaused.value} onClick=${pause}>
        ${isPaused.value ? "Go on" : "Pause"}</button>
    <//>
    <${Filters} label="Filter the log" query=${query} fields=${FIELDS} />
    <p class="taken" role="status">${isPaused.value
      ? `${counted(waiting.value, "newer event")} wait.`
      : ""}${missed.value > 0
      ? ` ${counted(missed.value, "event")} missed.`
      : ""}</p>
    ${lines.value.length === 0
      ? html`<p class="empty">No event is like that yet.</p>`
      : html`<${Lines} lines=${lines.value} />`}
  `;
}

const FIELDS = [
  {
    ...{ name: "level", label: "Level, and worse" },
    options: [
      ...[["", "info"], ["debug", "debug"], ["warn", "warn"]],
      ["error", "error"],
    ],
  },
  {
    ...{ name: "category", label: "Category" },
    options: [
      ["", "all"],
      ...[
        ...["connections", "refusals", "access", "certificates", "listeners"],
        ...["storage", "settings", "performance", "admin", "broker"],
      ].map((name) => [name, name]),
    ],
  },
];

function Lines({ lines }: { lines: readonly LogEvent[] }): View {
  return html`
    <ol class="log" aria-label="Events, the latest first"
      tabindex="0">${lines.toReversed().map((event) =>
        html`<li key=${event.id} class=${event.level}>
        <small>${shownDate(event.time)}</small>
        <strong>${event.level} ${event.event}</strong>
        <code>${fieldsOf(event)}</code></li>`
      )}</ol>
  `;
}
