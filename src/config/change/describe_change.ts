import type { SettingChange } from "./difference.ts";

/** What to say of a change that does not count for all at once. */
const EFFECTS: Readonly<Record<SettingChange["effect"], string>> = {
  now: "",
  reconnect: " (for each client when it connects again)",
  restart: " (needs a restart)",
};

/**
 * Returns a change on one line, marked as in a diff: `~ limits.max_inflight: 20
 * -> 30`. Secrets are not shown.
 */
export function describeChange(change: SettingChange): string {
  const { path, from, to, effect } = change;
  if (from === null) return `+ ${path}: ${to}${EFFECTS[effect]}`;
  if (to === null) return `- ${path}: ${from}${EFFECTS[effect]}`;
  // Of two secrets there is no more to tell than that they differ.
  const what = from === to ? "another one" : `${from} -> ${to}`;
  return `~ ${path}: ${what}${EFFECTS[effect]}`;
}
