import type { Link } from "./link.ts";

/**
 * `link` for those alone who come by `listeners`, which name at least one:
 * others it does not know, and takes no part in their exchanges.
 */
export function linkOfListeners(
  link: Link,
  listeners: readonly string[],
): Link {
  const places = listeners.join(", ");
  const why = `only clients of listener ${places} are its own`;
  return {
    name: `${link.name} at ${places}`,
    listeners,
    judge: (credentials) =>
      listeners.includes(credentials.listener)
        ? link.judge(credentials)
        : { kind: "ignore", why },
    begin: (method, credentials) =>
      listeners.includes(credentials.listener)
        ? link.begin?.(method, credentials) ?? null
        : null,
    // A client whose listener is unknown has to connect again.
    stillAllows: (identity) =>
      identity.listener !== undefined &&
      listeners.includes(identity.listener) &&
      (link.stillAllows?.(identity) ?? true),
    knows: (username) => link.knows?.(username) ?? true,
    close: () => link.close?.(),
  };
}
