import { encodeConnack } from "../../codec/mod.ts";
import { type ConnackPacket, ReasonCode } from "../../mqtt/mod.ts";
import type { Identity } from "../../security/mod.ts";
import type { Connection } from "../connection/connection.ts";
import { watchIdentity } from "../connection/identity_end.ts";
import { checkAnswer } from "../output/answer_too_large.ts";
import { enforceAccess, mayInherit } from "../session/enforce.ts";
import type { Session } from "../session/session.ts";
import { awaitEnding } from "./await_ending.ts";
import type { Candidate } from "./candidate.ts";
import { type Allowed, isAnothers } from "./client_id.ts";
import { checkMemory } from "./check_memory.ts";
import { announce, sessionExpiry, setLimits } from "./negotiate.ts";

/** Attaches the session of an authenticated client, and answers CONNECT. */
export function enter(
  connection: Connection,
  candidate: Candidate,
  { identity, data }: Allowed,
  again: () => void,
): void {
  const { context, registry } = connection;
  const { packet, clientId } = candidate;
  connection.clientId = clientId;
  connection.username = identity.username;
  const answer: ConnackPacket = {
    type: 2,
    sessionPresent: false,
    code: 0,
    properties: packet.version === 5
      ? announce(connection, candidate, data)
      : {},
  };
  // CONNACK has the client's limits and client id: it must fit.
  const connack = encodeConnack(answer, packet.version);
  checkAnswer(connection.sender, "CONNACK", connack.length);
  checkMemory(connection, candidate);
  clearTheWay(connection, candidate, identity);
  const batch = registry.batchToAwait(clientId);
  if (batch > 0) return awaitEnding(connection, batch, again);
  // The steps below do not wait: no other client can take the session before the
  // answer.
  const former = registry.get(clientId);
  const present = former !== undefined;
  const session = former ?? registry.create(clientId);
  session.expiryInterval = sessionExpiry(packet, context.options);
  // Replaces a will under delay: its client is back [MQTT-3.1.3-9].
  session.will = candidate.will;
  session.bridge = packet.bridge;
  // Both before steps that may throw: `close` takes them back.
  connection.session = session;
  context.counters.clientsConnected++;
  session.attach(connection, identity);
  watchIdentity(connection, identity);
  // Messages half received before do not count for the new quota.
  connection.carried = session.receivedSize;
  connection.state = "open";
  setLimits(connection, packet);
  context.counters.connectsAccepted++;
  context.counters.clientsMaximum = Math.max(
    context.counters.clientsMaximum,
    context.counters.clientsConnected,
  );
  awaitEffect(connection, session);
  connection.sender.send(
    present
      ? encodeConnack({ ...answer, sessionPresent: true }, packet.version)
      : connack,
  );
  context.log.connected(connection, present);
  session.queue.resume();
  // The user or the rules may have changed.
  if (present) enforceAccess(session, context);
}

/** Ends the old connection of the client id, and a session that must not go on. */
function clearTheWay(
  connection: Connection,
  { packet, clientId }: Candidate,
  identity: Identity,
): void {
  const { mountPoint, context, registry } = connection;
  const { router } = context;
  const old = registry.get(clientId);
  // The client could not unsubscribe from topics behind another mount point.
  const isFitting = old === undefined ||
    !isAnothers(old, identity, context) &&
      (mountPoint?.holdsAll(router, old) ?? true) &&
      mayInherit(old, identity, context);
  const isAnew = packet.cleanStart || !isFitting;
  if (old?.connection) {
    // [MQTT-3.1.4-3]; its will goes out, unless it has a delay and the
    // session goes on.
    const code = ReasonCode.SessionTakenOver;
    const detail = `connection ${connection.id} from ${connection.hostname}`;
    old.connection.close("taken-over", code, undefined, { detail });
    // A will that has a delay goes out with the session (3.1.3.2.2).
    if (isAnew) old.end();
  } else if (old !== undefined && isAnew) {
    old.dropWill(); // [MQTT-3.1.2-8]: a new connection for the client id
    old.end();
  }
}

/**
 * Has CONNACK wait for the disk where it promises state on disk: that the session
 * lasts, or that the former one is over.
 */
function awaitEffect(connection: Connection, session: Session): void {
  // While commits fail, clients connect all the same.
  if (session.slot !== null || session.isEnding) {
    connection.sender.waitForCommit();
  }
}
