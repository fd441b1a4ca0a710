/// <reference lib="dom" />
import { html } from "htm/preact";
import { useSignal } from "@preact/signals";
import { get, Problem } from "../data/api.ts";
import type { Explanation } from "../data/rows.ts";
import { Fault } from "../parts/notice.ts";
import type { View } from "../parts/view.ts";

/** Asks why messages of a topic do not arrive at a client. */
export function ExplainForm({ id }: { id: string }): View {
  const answer = useSignal<Explanation | null>(null);
  const fault = useSignal("");
  const submit = async (event: Event) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    const query = { clientId: id, topic: String(data.get("topic")) };
    try {
      answer.value = await get<Explanation>("clients/explain", query);
      fault.value = "";
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      answer.value = null;
      fault.value = error.message;
    }
  };
  return html`
    <h3>Why does a message not arrive?</h3>
    <form class="fields" onSubmit=${submit}>
      <label>Topic<input name="topic" required autocapitalize="none"
        autocomplete="off" spellcheck=${false} /></label>
      <button>Explain</button>
    </form>
    <${Fault} text=${fault.value} />
    <div role="status">${answer.value &&
      html`<${Answer} ...${answer.value} />`}</div>
  `;
}

function Answer({ matching, findings, actions }: Explanation): View {
  return html`
    <ul class="advice">
      <li><strong>${matching.length === 0
        ? "No subscription of it matches."
        : `It matches ${matching.join(", ")}.`}</strong></li>
      ${findings.map(({ text }) => html`<li>${text}</li>`)}
      ${actions.map(({ action, allowed, reason }) =>
        html`<li><strong>${action}: ${
          allowed === null ? "depends" : allowed ? "allowed" : "denied"
        }</strong><span>${reason}</span></li>`
      )}
    </ul>
  `;
}
