/// <reference lib="dom" />
import { html } from "htm/preact";
import { type Signal, signal } from "@preact/signals";
import type { View } from "./view.ts";

const KEY = "dunlin-theme";

/** Whether the page is dark; charts are drawn anew. */
export const isDark: Signal<boolean> = signal(false);

/** Takes the theme of the last visit, else that of the system. */
export function beginTheme(): void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const kept = localStorage.getItem(KEY);
  const apply = () => show(kept === null ? system.matches : kept === "dark");
  system.addEventListener("change", () => {
    if (localStorage.getItem(KEY) === null) show(system.matches);
  });
  apply();
}

function show(dark: boolean): void {
  isDark.value = dark;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}

/** Changes between light and dark. */
export function ThemeButton(): View {
  const change = () => {
    show(!isDark.value);
    localStorage.setItem(KEY, isDark.value ? "dark" : "light");
  };
  return html`
    <button class="quiet" onClick=${change}>
      ${isDark.value ? "Light" : "Dark"}
    </button>
  `;
}
