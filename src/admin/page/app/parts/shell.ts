/// <reference lib="dom" />
import { html } from "htm/preact";
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { logOut, Problem, session } from "../data/api.ts";
import { figures, isLive } from "../data/live.ts";
import { linkTo, route } from "../data/route.ts";
import { failed, isDrawerOpen, Notices } from "./notice.ts";
import { ThemeButton } from "./theme.ts";
import type { View } from "./view.ts";

/** A page of the menu. */
export interface MenuPage {
  readonly name: string;
  readonly title: string;
  readonly isForAdmins?: boolean;
  readonly view: () => unknown;
}

/** The frame of all pages. */
export function Shell(
  { pages, children }: {
    pages: readonly MenuPage[];
    children: ComponentChildren;
  },
): View {
  return html`
    <a class="skip" href="#main" onClick=${skip}>Skip to content</a>
    <header class="top">
      <a class="brand" href=${linkTo("overview")}>
        <span class="mark" aria-hidden="true"></span>Dunlin
      </a>
      <${State} />
      <div class="who">
        <span class="user">${session.value
          ?.name}${session.value?.role === "viewer" ? " (viewer)" : ""}</span>
        <${ThemeButton} />
        <button class="quiet" onClick=${leave}>Log out</button>
      </div>
      <nav aria-label="Pages">
        ${pages.map(({ name, title }) =>
          html`<a key=${name} href=${linkTo(name)} aria-current=${
            route.value.page === name ? "page" : undefined
          }>${title}</a>`
        )}
      </nav>
    </header>
    <main id="main" tabindex="-1">${children}</main>
    ${!isDrawerOpen.value && html`<${Notices} />`}
  `;
}

function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("main")!.focus();
}

async function leave(): Promise<void> {
  try {
    await logOut();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    failed(error.message);
  }
}

/** Whether the broker runs, and answers. */
function State(): View {
  const now = figures.value;
  const [kind, text] = now === null
    ? ["", "Connecting …"]
    : !isLive.value
    ? ["bad", "Broker does not answer"]
    : now.loading
    ? ["warn", "Restoring its store"]
    : !now.running
    ? ["bad", "Not running"]
    : now.storage.health !== "ok" || now.alarms.length > 0
    ? ["warn", "Running, with alarms"]
    : ["good", "Running"];
  return html`<p class="state ${kind}" role="status">${text}</p>`;
}

/** Head of a page: title, and what belongs beside it. */
export function Head(
  { title, children }: { title: string; children?: ComponentChildren },
): View {
  return html`<div class="head"><h1 tabindex="-1">${title}</h1>${children}</div>`;
}

/** A box with a heading. */
export function Card(
  { title, note, children, wide }: {
    title: string;
    note?: string;
    wide?: boolean;
    children: ComponentChildren;
  },
): View {
  const id = useRef(`c${Math.random().toString(36).slice(2)}`).current;
  return html`
    <section class="card ${wide ? "wide" : ""}" aria-labelledby=${id}>
      <h2 id=${id}>${title}</h2>
      ${note && html`<p class="note">${note}</p>`}
      ${children}
    </section>
  `;
}
