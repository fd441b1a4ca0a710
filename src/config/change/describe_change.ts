import type { SettingChange } from "./difference.ts";

/** Words for a change that does not take effect for all at once. */
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
  // Of two secrets only the difference is shown.
  const what = from === to ? "another one" : `${from} -> ${to}`;
  return `~ ${path}: ${what}${EFFECTS[effect]}`;
}
