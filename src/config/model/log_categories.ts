/** Categories of log events, in the order of the docs. */
export const LOG_CATEGORIES = [
  "connections",
  "refusals",
  "access",
  "certificates",
  "listeners",
  "storage",
  "settings",
  "performance",
  "admin",
  "broker",
] as const;

/** Subject of a log event; each may have a level of its own. */
export type LogCategory = typeof LOG_CATEGORIES[number];
