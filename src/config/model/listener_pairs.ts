import type { ListenerSettings } from "./listener_settings.ts";
import type { Settings } from "./settings.ts";

/** A listener before and after; null where there is none. */
export type ListenerPair =
  | { readonly from: ListenerSettings; readonly to: ListenerSettings | null }
  | { readonly from: null; readonly to: ListenerSettings };

/**
 * Which listeners of `from` go on as which of `to`: those that speak the same
 * way at the same address, whatever they are called. In the order of `to`,
 * then the removed ones.
 */
export function pairListeners(
  from: Pick<Settings, "listener">,
  to: Pick<Settings, "listener">,
): ListenerPair[] {
  const left = new Map<string, ListenerSettings>();
  for (const one of from.listener) left.set(placeOf(one), one);
  const pairs: ListenerPair[] = [];
  for (const next of to.listener) {
    const place = placeOf(next);
    const before = left.get(place) ?? null;
    left.delete(place);
    pairs.push({ from: before, to: next });
  }
  for (const one of left.values()) pairs.push({ from: one, to: null });
  return pairs;
}

/** A port that the system chose is known by the listener's name alone. */
function placeOf(one: ListenerSettings): string {
  if (one.type === "unix") return `unix ${one.socket}`;
  const name = one.port === 0 ? one.name : "";
  return [one.type, one.bind, one.port, name].join("\0");
}
