/// <reference lib="dom" />
import { html } from "htm/preact";
import { useEffect, useMemo } from "preact/hooks";
import { counted } from "../data/format.ts";
import { List } from "../data/list.ts";
import { shownPayload } from "../data/message.ts";
import { replaceQuery, route } from "../data/route.ts";
import type { LevelRow } from "../data/rows.ts";
import { ListTable } from "../parts/table.ts";
import type { View } from "../parts/view.ts";
import { useSignal } from "@preact/signals";
import { RetainedDrawer } from "./retained_drawer.ts";

/** Levels of topics below a path, with their retained messages. */
export function RetainedLevels(): View {
  const list = useMemo(() => new List<LevelRow>("retained/levels"), []);
  const shown = useSignal<string | null>(null);
  const path = route.value.query.get("path");
  useEffect(() => void list.load({ path: path ?? undefined }), [path]);
  const go = (to: string | null) =>
    replaceQuery(to === null ? {} : { path: to });
  return html`
    <${Path} path=${path} go=${go} />
    <${ListTable} label="Topic levels" list=${list}
      columns=${columnsOf(go, (topic) => shown.value = topic)}
      keyOf=${({ path }: LevelRow) => path}
      empty=${path === null
        ? "No message is retained."
        : "No retained message is below this level."} />
    ${shown.value !== null && html`
      <${RetainedDrawer} topic=${shown.value}
        onClose=${(isChanged: boolean) => {
          shown.value = null;
          if (isChanged) void list.reload();
        }} />
    `}
  `;
}

/** The way to the level, each step a button. */
function Path(
  { path, go }: { path: string | null; go: (to: string | null) => void },
): View {
  const steps = path === null ? [] : path.split("/");
  return html`
    <nav class="path" aria-label="Topic levels above">
      <button class="link" onClick=${() => go(null)}
        aria-current=${path === null ? "true" : undefined}>all topics</button>
      ${steps.map((step, index) =>
        html`<span key=${index}> / <button class="link"
          aria-current=${index === steps.length - 1 ? "true" : undefined}
          onClick=${() => go(steps.slice(0, index + 1).join("/"))}>${
          step || "(empty)"
        }</button></span>`
      )}
    </nav>
  `;
}

function columnsOf(go: (to: string) => void, show: (topic: string) => void) {
  return [
    {
      title: "Level",
      cell: ({ level, path, children }: LevelRow) =>
        children === 0
          ? html`<code>${level || "(empty)"}</code>`
          : html`<button class="link" onClick=${() => go(path)}>${
            level || "(empty)"
          } /</button>`,
    },
    {
      title: "Below",
      cell: ({ children }: LevelRow) =>
        children === 0 ? "" : counted(children, "level"),
    },
    {
      title: "Retained message",
      cell: ({ message }: LevelRow) =>
        message === null ? "" : html`
          <button class="link payload"
            aria-haspopup="dialog"
            onClick=${() => show(message.topic)}>${shownPayload(message, 80) ||
              "(empty)"}</button>
        `,
    },
  ];
}
