/// <reference lib="dom" />
import { html } from "htm/preact";
import { render } from "preact";
import { useEffect } from "preact/hooks";
import { beginSession, loginNotice, session } from "./data/api.ts";
import { follow, unfollow } from "./data/live.ts";
import { followAddress, route } from "./data/route.ts";
import { Clients } from "./pages/clients.ts";
import { Dropped } from "./pages/dropped.ts";
import { Logs } from "./pages/logs.ts";
import { Overview } from "./pages/overview.ts";
import { Subscriptions } from "./pages/subscriptions.ts";
import { Topics } from "./pages/topics.ts";
import { Login } from "./parts/login.ts";
import { clearNotice } from "./parts/notice.ts";
import { Head, type MenuPage, Shell } from "./parts/shell.ts";
import type { View } from "./parts/view.ts";
import { beginTheme } from "./parts/theme.ts";

const PAGES: readonly MenuPage[] = [
  { name: "overview", title: "Overview", view: Overview },
  { name: "clients", title: "Clients", view: Clients },
  { name: "dropped", title: "Dropped", view: Dropped },
  { name: "topics", title: "Topics", view: Topics },
  { name: "subscriptions", title: "Subscriptions", view: Subscriptions },
  { name: "logs", title: "Logs", view: Logs, isForAdmins: true },
];

function App(): View {
  const now = session.value;
  return now === null ? html`<${Login} />` : html`<${Pages} key=${now.name} />`;
}

function Pages(): View {
  useEffect(() => {
    void follow();
    return unfollow;
  }, []);
  const { page } = route.value;
  const shown = PAGES.find(({ name, isForAdmins }) =>
    name === page && (!isForAdmins || session.value?.role === "admin")
  );
  const title = shown?.title ?? "No such page";
  useEffect(() => {
    document.title = `${title} – Dunlin`;
  }, [title]);
  const pages = PAGES.filter(({ isForAdmins }) =>
    !isForAdmins || session.value?.role === "admin"
  );
  return html`
    <${Shell} pages=${pages}>
      ${shown
        ? html`<${shown.view} key=${page} />`
        : html`<${Head} title=${title} />`}
    <//>
  `;
}

/** Screen readers then read the title of the new page. */
function toTitle(): void {
  clearNotice();
  requestAnimationFrame(() => document.querySelector("h1")?.focus());
}

beginTheme();
followAddress(toTitle);
// A link that does not log in shows the page at its own address.
if (location.pathname.endsWith("/login")) {
  history.replaceState(null, "", "./");
  loginNotice.value = "The link does not log in: it was used, or it is older " +
    "than 15 minutes. `dunlin admin open` makes another.";
}
beginSession();
render(html`<${App} />`, document.getElementById("app")!);
