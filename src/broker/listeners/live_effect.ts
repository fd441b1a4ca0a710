import { ReasonCode } from "../../mqtt/mod.ts";
import { Networks } from "../../network/mod.ts";
import type { Authenticator } from "../../security/mod.ts";
import {
  type Context,
  enforceAccess,
  type Registry,
  type Session,
} from "../../session/mod.ts";
import type { BrokerLog } from "../status/broker_log.ts";
import type { ListenerHandle } from "./listener_handles.ts";
import type { ConnectionEntry } from "./connection_entry.ts";

/** Sessions looked at before sockets are served again. */
const SLICE = 128;

/** Ends the connections of removed listeners. */
export function sendOffGone(
  entries: Iterable<ConnectionEntry>,
  gone: readonly ListenerHandle[],
): void {
  for (const entry of entries) {
    if (!gone.includes(entry.handle)) continue;
    entry.sendOff(
      "listener-removed",
      ReasonCode.AdministrativeAction,
      "the settings no longer have this listener",
    );
  }
}

/**
 * Ends the connections that the settings no longer admit: those from a network
 * that is not allowed, and those of a user who was removed or has another
 * password.
 */
export function judgeConnections(
  entries: Iterable<ConnectionEntry>,
  context: Context,
): void {
  const { authenticator } = context;
  const networks = new Map<ListenerHandle, Networks>();
  for (const entry of entries) {
    try {
      judgeConnection(entry, authenticator, networks);
    } catch (error) {
      // A connection must not stay unjudged; the others come next.
      entry.connection.fail(error);
    }
  }
}

function judgeConnection(
  entry: ConnectionEntry,
  authenticator: Authenticator,
  networks: Map<ListenerHandle, Networks>,
): void {
  const { connection, handle } = entry;
  if (!isAllowedFrom(connection.hostname, handle, networks)) {
    return entry.sendOff(
      "network-refused",
      ReasonCode.NotAuthorized,
      "allowed_networks no longer includes the address of the client",
    );
  }
  // A login under way is checked when it ends.
  const { session } = connection;
  if (session === null) return;
  if (authenticator.stillAllows?.(session.identity) !== false) return;
  entry.sendOff(
    "login-withdrawn",
    ReasonCode.NotAuthorized,
    "the settings no longer accept the login of this client",
  );
}

function isAllowedFrom(
  hostname: string,
  handle: ListenerHandle,
  known: Map<ListenerHandle, Networks>,
): boolean {
  const { type, allowed_networks } = handle.settings;
  if (type === "unix" || allowed_networks.length === 0) return true;
  let networks = known.get(handle);
  if (networks === undefined) {
    networks = new Networks(allowed_networks);
    known.set(handle, networks);
  }
  return networks.has(hostname);
}

/**
 * Removes the subscriptions of all sessions that the rules no longer allow, in
 * turns, and logs how many.
 */
export function judgeSessions(registry: Registry, log: BrokerLog): void {
  const { context } = registry;
  const sessions: Iterator<Session> = registry.all()[Symbol.iterator]();
  let removed = 0;
  context.turn.inTurns(() => {
    for (let count = 0; count < SLICE; count++) {
      const next = sessions.next();
      if (next.done) {
        if (removed > 0) {
          const text = "the rules do not allow these subscriptions any more";
          log.event("info", "subscriptions-removed", { count: removed, text });
        }
        return false;
      }
      const session = next.value;
      context.faults.survive(
        "the subscriptions of this client are not judged by the new rules",
        () => removed += enforceAccess(session, context).length,
        session.clientId,
      );
    }
    return true;
  });
}
