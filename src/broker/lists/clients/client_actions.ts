import { ReasonCode } from "../../../mqtt/mod.ts";
import {
  type Context,
  type Registry,
  type SessionConnection,
  workOf,
} from "../../../session/mod.ts";
import { sessionOfClient } from "./client_detail.ts";

import { AdminRefusal } from "../../../admin/protocol/mod.ts";

/** Longest wait for the disk (ms). */
const PATIENCE = 5000;

/** The work of an administrator, for slow turns. */
const OTHER = workOf("other");

/**
 * Disconnects a client with 0x98 (Administrative action); its session stays as
 * long as its expiry says. An MQTT 5.0 client gets `reason` as Reason String
 * (0x1F).
 *
 * @throws {AdminRefusal} 404 without a session, 409 while the client is away.
 */
export function kick(
  registry: Registry,
  clientId: string,
  reason?: string,
): void {
  const { connection } = sessionOfClient(registry, clientId);
  if (connection === null) {
    throw new AdminRefusal(
      409,
      "not-connected",
      "the client is away: there is no connection to end; delete its session " +
        "to remove what waits for it",
    );
  }
  registry.context.turn.begin(OTHER);
  disconnect(connection, reason);
}

/**
 * Ends the session of a client, and its connection: with it go subscriptions
 * and messages that wait.
 *
 * @throws {AdminRefusal} 404 without a session.
 */
export function deleteSession(registry: Registry, clientId: string): void {
  const session = sessionOfClient(registry, clientId);
  registry.context.turn.begin(OTHER);
  if (session.connection !== null) disconnect(session.connection);
  session.end();
}

function disconnect(
  connection: SessionConnection,
  reason = "an administrator disconnected the client",
): void {
  const code = ReasonCode.AdministrativeAction;
  connection.close("administrative-action", code, reason);
}

/**
 * Resolves once all changes noted until now are on disk: to true, also where
 * nothing is stored; to false when that takes more than 5 s.
 */
export function storedSoon({ durability, clock }: Context): Promise<boolean> {
  if (durability.changes === null) return Promise.resolve(true);
  return new Promise((resolve) => {
    const stored = () => {
      cancel();
      resolve(true);
    };
    const cancel = clock.after(PATIENCE, () => {
      durability.forget(stored);
      resolve(false);
    });
    durability.onStored(durability.batch, stored);
    durability.writeSoon();
  });
}
