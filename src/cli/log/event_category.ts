import type { LogCategory } from "../../config/mod.ts";

/** Categories of events; all others are of `broker`. */
const CATEGORIES: ReadonlyMap<string, LogCategory> = new Map([
  ["connected", "connections"],
  ["disconnected", "connections"],
  ["connections", "connections"],
  ["refused", "refusals"],
  ["no-scram-user", "access"],
  ["subscriptions-removed", "access"],
  ["certificate-renewed", "certificates"],
  ["saved", "storage"],
  ["store-taken", "storage"],
  ["changed", "settings"],
  ["needs-restart", "settings"],
  ["reloaded", "settings"],
  ["reload-refused", "settings"],
  ["slow-turn", "performance"],
  ["admin", "admin"],
  ["admin-lost", "admin"],
  ["admin-on", "admin"],
  ["admin-restored", "admin"],
]);

/** Returns the category of an event that names none itself. */
export function categoryOf(event: string): LogCategory {
  return CATEGORIES.get(event) ?? "broker";
}
