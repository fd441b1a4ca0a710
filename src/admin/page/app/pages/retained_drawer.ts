/// <reference lib="dom" />
import { html } from "htm/preact";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { get, isAdmin, Problem, send } from "../data/api.ts";
import { shownDate, shownSize, shownText, shownTime } from "../data/format.ts";
import { shownPayload } from "../data/message.ts";
import type { RetainedRow } from "../data/rows.ts";
import { Confirm, Drawer } from "../parts/dialog.ts";
import { act, Fault } from "../parts/notice.ts";
import type { View } from "../parts/view.ts";

/** One retained message, which may be deleted. */
export function RetainedDrawer(
  { topic, onClose }: { topic: string; onClose: (isChanged: boolean) => void },
): View {
  const message = useSignal<RetainedRow | null>(null);
  const fault = useSignal("");
  const takenAt = useSignal(0);
  const isChanged = useRef(false);
  const load = async () => {
    try {
      message.value = await get<RetainedRow>("retained/message", { topic });
      takenAt.value = Date.now();
      fault.value = "";
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      message.value = null;
      fault.value = error.message;
    }
  };
  useEffect(() => void load(), [topic]);
  const remove = async () => {
    const work = () => send("POST", "retained/delete", { topic });
    if (!await act(work, `The retained message of ${topic} is deleted.`)) {
      return;
    }
    isChanged.current = true;
    message.value = null;
  };
  const now = message.value;
  return html`
    <${Drawer} title=${`Retained message of ${topic}`}
      onClose=${() => onClose(isChanged.current)}>
      <${Fault} text=${fault.value} />
      ${now === null && fault.value === "" && takenAt.value > 0 &&
        html`<p class="empty">The topic has no retained message any more.</p>`}
      ${now !== null && html`
        <div class="taken">
          <p role="status">Taken at ${shownTime(takenAt.value)}</p>
          <button onClick=${load}>Refresh</button>
        </div>
        ${isAdmin() && html`
          <div class="actions">
            <${Confirm} label="Delete"
              question="Delete the retained message?" onConfirm=${remove} />
          </div>
        `}
        <${MessageFacts} message=${now} />
      `}
    <//>
  `;
}

function MessageFacts({ message }: { message: RetainedRow }): View {
  const { publisher, qos, bytes, expiresAt, properties } = message;
  const facts: [string, string][] = [
    ["Publisher", publisher || "the broker"],
    ["QoS", String(qos)],
    ["Size", shownSize(bytes)],
    ["Expires", expiresAt === null ? "never" : shownDate(expiresAt)],
    ["Content Type", shownText(properties.contentType)],
    ...(properties.userProperties ?? []).map((
      [name, value],
    ): [string, string] => [`User Property ${name}`, value]),
  ];
  return html`
    <dl class="facts">${facts.map(([name, value]) =>
      html`
        <div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>
      `
    )}</dl>
    <h3>Payload${message.encoding === "base64" ? ", as hex" : ""}</h3>
    <pre tabindex="0">${shownPayload(message)}</pre>
  `;
}
