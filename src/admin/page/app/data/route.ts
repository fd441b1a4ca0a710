/// <reference lib="dom" />
import { type Signal, signal } from "@preact/signals";
import { type Query, queryText } from "./api.ts";

/** The shown page, and its query. */
export interface PageRoute {
  readonly page: string;
  readonly query: URLSearchParams;
}

/** Reads a route: `#clients?away=true`. */
export function routeOf(hash: string): PageRoute {
  const [page, query = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  return { page: page || "overview", query: new URLSearchParams(query) };
}

/** The shown page. */
export const route: Signal<PageRoute> = signal(routeOf(""));

/** Returns a link to a page. */
export function linkTo(page: string, query: Query = {}): string {
  return `#${page}${queryText(query)}`;
}

/** Follows the address; `onPage` is called when another page is shown. */
export function followAddress(onPage: () => void): void {
  route.value = routeOf(location.hash);
  addEventListener("hashchange", () => {
    const before = route.value.page;
    route.value = routeOf(location.hash);
    if (route.value.page !== before) onPage();
  });
}

/** Changes the query of the shown page, without a step of the history. */
export function replaceQuery(query: Query): void {
  const { page } = route.value;
  history.replaceState(null, "", linkTo(page, query));
  route.value = routeOf(location.hash);
}
