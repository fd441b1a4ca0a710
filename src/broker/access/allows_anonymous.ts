import type { ListenerSettings } from "../../config/mod.ts";

/** Returns a test whether the listener of a name has `allow_anonymous`. */
export function allowsAnonymous(
  listeners: readonly ListenerSettings[],
): (name: string) => boolean {
  const open = new Set(
    listeners.filter((one) => one.allow_anonymous).map(({ name }) => name),
  );
  return (name) => open.has(name);
}
