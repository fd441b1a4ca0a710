import type { ListenerSettings } from "../../config/mod.ts";

/**
 * Returns whether clients without credentials may enter by the listener of a
 * name.
 */
export function allowsAnonymous(
  listeners: readonly ListenerSettings[],
): (name: string) => boolean {
  const open = new Set(
    listeners.filter((one) => one.allow_anonymous).map(({ name }) => name),
  );
  return (name) => open.has(name);
}
