/// <reference lib="dom" />
import { html } from "htm/preact";
import { type Signal, signal } from "@preact/signals";
import { Problem } from "../data/api.ts";
import type { View } from "./view.ts";

interface Notice {
  readonly text: string;
  readonly isFault: boolean;
}

/** The last action's fate. */
const notice: Signal<Notice | null> = signal(null);

/** Says that an action is done. */
export function done(text: string): void {
  notice.value = { text, isFault: false };
}

/** Says that an action failed. */
export function failed(text: string): void {
  notice.value = { text, isFault: true };
}

/** Takes the notice away, as at another page. */
export function clearNotice(): void {
  notice.value = null;
}

/** Runs an action; says what came of it. Returns whether it succeeded. */
export async function act(
  work: () => Promise<unknown>,
  text: string,
): Promise<boolean> {
  try {
    await work();
    done(text);
    return true;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    failed(error.message);
    return false;
  }
}

/** Whether a drawer is open: the rest of the page is then out of reach. */
export const isDrawerOpen: Signal<boolean> = signal(false);

/** Shows it; screen readers say it. It stays until the reader closes it. */
export function Notices(): View {
  const now = notice.value;
  return html`
    <div class="notices">
      <div role="status">${now && !now.isFault &&
        html`<${Box} ...${now} />`}</div>
      <div role="alert">${now?.isFault && html`<${Box} ...${now} />`}</div>
    </div>
  `;
}

function Box({ text, isFault }: Notice): View {
  return html`
    <div class="notice ${isFault ? "bad" : "good"}">
      <p>${text}</p>
      <button class="quiet" aria-label="Close the message"
        onClick=${clearNotice}>✕</button>
    </div>
  `;
}

/** A fault of what is read. */
export function Fault({ text }: { text: string }): View {
  return html`<div role="alert">${
    text !== "" && html`<p class="fault">${text}</p>`
  }</div>`;
}
