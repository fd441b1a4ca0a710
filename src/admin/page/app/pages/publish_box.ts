/// <reference lib="dom" />
import { html } from "htm/preact";
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { send } from "../data/api.ts";
import { counted } from "../data/format.ts";
import { type MessageFields, messageOf } from "../data/message.ts";
import { act, done, failed } from "../parts/notice.ts";
import { Card } from "../parts/shell.ts";
import type { View } from "../parts/view.ts";

/** A box to publish one message. */
export function PublishBox(): View {
  const form = useRef<HTMLFormElement>(null);
  const isBusy = useSignal(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    const data = new FormData(form.current!);
    const fields = Object.fromEntries(data) as unknown as MessageFields;
    let message: object;
    try {
      message = messageOf(fields);
    } catch (error) {
      return failed((error as Error).message);
    }
    isBusy.value = true;
    let receivers = 0;
    const isSent = await act(async () => {
      ({ receivers } = await send<{ receivers: number }>(
        "POST",
        "publish",
        message,
      ));
    }, "");
    isBusy.value = false;
    if (isSent) {
      done(
        `Published to ${fields.topic}: ${
          counted(receivers, "subscription")
        } got it.`,
      );
    }
  };
  return html`
    <${Card} title="Publish a message" wide=${true}>
      <form class="publish" ref=${form} onSubmit=${submit}>
        <div class="fields">
          <label class="grow">Topic<input name="topic" required
            maxlength="65535" autocapitalize="none" autocomplete="off"
            spellcheck=${false} /></label>
          <label>QoS<select name="qos"><option>0</option><option>1</option>
            <option>2</option></select></label>
          <label class="check"><input type="checkbox" name="retain" />
            Retain</label>
          <label>Payload is<select name="encoding">
            <option value="text">text</option>
            <option value="base64">Base64</option></select></label>
        </div>
        <label>Payload<textarea name="payload" rows="3"
          spellcheck=${false}></textarea></label>
        <details>
          <summary>MQTT 5.0 properties</summary>
          <div class="fields">
            <label>Content Type<input name="contentType" /></label>
            <label>Message Expiry (s)<input name="expiry" type="number" min="0"
              max="4294967295" /></label>
            <label>Response Topic<input name="responseTopic" /></label>
            <label>Correlation Data (Base64)<input name="correlationData" /></label>
          </div>
          <label>User Properties, one a line: name=value
            <textarea name="userProperties" rows="2"
              spellcheck=${false}></textarea></label>
        </details>
        <button class="main" disabled=${isBusy.value}>Publish</button>
      </form>
      <//>
  `;
}
