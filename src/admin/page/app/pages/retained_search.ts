/// <reference lib="dom" />
import { html } from "htm/preact";
import { useSignal } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";
import { get, isAdmin, Problem, send } from "../data/api.ts";
import { counted, shownCount, shownSize } from "../data/format.ts";
import { List } from "../data/list.ts";
import { shownPayload } from "../data/message.ts";
import type { RetainedRow } from "../data/rows.ts";
import { Confirm } from "../parts/dialog.ts";
import { act, done, failed } from "../parts/notice.ts";
import type { View } from "../parts/view.ts";
import { ListTable } from "../parts/table.ts";
import { RetainedDrawer } from "./retained_drawer.ts";

/** The messages of a filter, for a deletion of these and no others. */
interface Counted {
  readonly filter: string;
  readonly count: number;
  readonly bytes: number;
  readonly token: string | null;
}

/** Finds retained messages by a filter; deletes what was counted. */
export function RetainedSearch(): View {
  const list = useMemo(
    () => new List<RetainedRow>("retained/search", "next"),
    [],
  );
  const form = useRef<HTMLFormElement>(null);
  const counted = useSignal<Counted | null>(null);
  const shown = useSignal<string | null>(null);
  const filterOf = () =>
    String(new FormData(form.current!).get("filter")) || "#";
  const search = (event: Event) => {
    event.preventDefault();
    const data = new FormData(form.current!);
    const contains = String(data.get("part"));
    void list.load({ filter: filterOf(), contains });
  };
  const count = async () => counted.value = await countOf(filterOf());
  return html`
    <form class="filters" role="search" aria-label="Search retained messages"
      ref=${form} onSubmit=${search}>
      <div class="fields">
        <label>Topic filter<input name="filter" placeholder="#"
          autocapitalize="none" autocomplete="off" spellcheck=${false} /></label>
        <label>Topic has<input name="part" autocapitalize="none"
          autocomplete="off" spellcheck=${false} /></label>
        <button class="main">Search</button>
        ${isAdmin() && html`<button type="button" onClick=${count}>
          Count for deletion</button>`}
      </div>
    </form>
    ${counted.value && html`<${Deletion} of=${counted.value} onEnd=${() => {
      counted.value = null;
      if (list.rows.value !== null) void list.reload();
    }} />`}
    ${(list.rows.value !== null || list.fault.value !== "") && html`
      <${ListTable} label="Found messages" list=${list}
        columns=${columnsOf((topic) => shown.value = topic)}
        keyOf=${({ topic }: RetainedRow) => topic}
        empty="No retained message is like that." />
    `}
    ${shown.value !== null && html`
      <${RetainedDrawer} topic=${shown.value}
        onClose=${(isChanged: boolean) => {
          shown.value = null;
          if (isChanged) void list.reload();
        }} />
    `}
  `;
}

/** Counts in as many requests as it takes. */
async function countOf(filter: string): Promise<Counted | null> {
  try {
    let answer = await get<Counted & { continue: string | null }>(
      "retained/count",
      { filter },
    );
    while (answer.continue !== null) {
      const query = { continue: answer.continue };
      answer = await get("retained/count", query);
    }
    if (answer.count === 0) done(`No retained message matches ${filter}.`);
    return answer.count === 0 ? null : { ...answer, filter };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    failed(error.message);
    return null;
  }
}

function Deletion({ of, onEnd }: { of: Counted; onEnd: () => void }): View {
  const remove = async () => {
    let deleted = 0;
    const isDone = await act(async () => {
      let body: object = { token: of.token };
      for (;;) {
        const answer = await send<{ deleted: number; continue: string | null }>(
          "POST",
          "retained/delete-counted",
          body,
        );
        deleted = answer.deleted;
        if (answer.continue === null) return;
        body = { continue: answer.continue };
      }
    }, "");
    if (isDone) done(`${counted(deleted, "retained message")} deleted.`);
    onEnd();
  };
  return html`
    <div class="actions" role="group" aria-label="Deletion">
      <p role="status">${of.filter}: ${counted(of.count, "message")},
        ${shownSize(of.bytes)}.</p>
      <${Confirm} label=${`Delete ${shownCount(of.count)}`}
        question="Delete them for good?" onConfirm=${remove} />
      <button onClick=${onEnd}>Keep them</button>
    </div>
  `;
}

function columnsOf(show: (topic: string) => void) {
  return [
    {
      title: "Topic",
      cell: ({ topic }: RetainedRow) =>
        html`
          <button class="link" aria-haspopup="dialog"
            onClick=${() => show(topic)}>${topic}</button>
        `,
    },
    {
      title: "Payload",
      cell: (row: RetainedRow) =>
        html`<span class="payload">${shownPayload(row, 80)}</span>`,
    },
    { title: "QoS", cell: ({ qos }: RetainedRow) => qos, isNumber: true },
    {
      ...{ title: "Size", isNumber: true },
      cell: ({ bytes }: RetainedRow) => shownSize(bytes),
    },
  ];
}
