/// <reference lib="dom" />
import { html } from "htm/preact";
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { isDrawerOpen, Notices } from "./notice.ts";
import type { View } from "./view.ts";

/**
 * A drawer above the page. The browser keeps the focus in it, and gives it back
 * at the end; Escape closes it.
 */
export function Drawer(
  { title, onClose, children }: {
    title: string;
    onClose: () => void;
    children: ComponentChildren;
  },
): View {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    dialog.current!.showModal();
    isDrawerOpen.value = true;
    return () => {
      isDrawerOpen.value = false;
      before?.focus();
    };
  }, []);
  const outside = ({ target }: Event) => {
    if (target === dialog.current) dialog.current!.close();
  };
  return html`
    <dialog ref=${dialog} class="drawer" aria-label=${title}
      onClose=${onClose} onClick=${outside}>
      <div class="inner">
        <div class="head">
          <h2>${title}</h2>
          <button onClick=${() => dialog.current!.close()}>Close</button>
        </div>
        ${children}
        <${Notices} />
      </div>
    </dialog>
  `;
}

/** A button that asks before it acts. */
export function Confirm(
  { label, question, onConfirm }: {
    label: string;
    question: string;
    onConfirm: () => Promise<unknown>;
  },
): View {
  const isAsked = useSignal(false);
  const isBusy = useSignal(false);
  const go = async () => {
    isBusy.value = true;
    await onConfirm();
    isBusy.value = false;
    isAsked.value = false;
  };
  if (!isAsked.value) {
    return html`<button class="danger" onClick=${() => isAsked.value = true}>
      ${label}</button>`;
  }
  return html`
    <span class="confirm" role="group" aria-label=${question}>
      <span>${question}</span>
      <button class="danger main" disabled=${isBusy.value} ref=${focus}
        onClick=${go}>${label}</button>
      <button onClick=${() => isAsked.value = false}>Cancel</button>
    </span>
  `;
}

function focus(element: HTMLElement | null): void {
  if (element !== null && !element.dataset.met) {
    element.dataset.met = "yes";
    element.focus();
  }
}
