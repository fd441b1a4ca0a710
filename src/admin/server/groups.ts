import type { RouteGroup } from "./route.ts";

/**
 * The groups of routes below `/api/v1`, by the first part of their paths. Each
 * is loaded by the first request to it: schemas take megabytes.
 */
export const groups: Readonly<Record<string, () => Promise<RouteGroup>>> = {
  status: async () => (await import("./routes/status.ts")).status,
  events: async () => (await import("./routes/events.ts")).events,
  session: async () => (await import("./routes/session.ts")).session,
  tokens: async () => (await import("./routes/tokens.ts")).tokens,
  clients: async () => (await import("./routes/clients.ts")).clients,
  logs: async () => (await import("./routes/logs.ts")).logs,
  traces: async () => (await import("./routes/traces.ts")).traces,
  sessions: async () => (await import("./routes/sessions.ts")).sessions,
  subscriptions: async () =>
    (await import("./routes/subscriptions.ts")).subscriptions,
  groups: async () => (await import("./routes/shared_groups.ts")).sharedGroups,
  retained: async () => (await import("./routes/retained.ts")).retained,
  publish: async () => (await import("./routes/publish.ts")).publish,
};
