import { decodeAuth, type Frame } from "../../codec/mod.ts";
import { type AuthPacket, ProtocolError, ReasonCode } from "../../mqtt/mod.ts";
import type { AuthOutcome } from "../../security/mod.ts";
import { underOwnId } from "./client_id.ts";
import type { Connection } from "../connection/connection.ts";
import { enforceAccess } from "../session/enforce.ts";
import { watchIdentity } from "../connection/identity_end.ts";
import { judgeWill } from "./judge_will.ts";

/**
 * Passes an outcome on, at once or when it comes; the reader waits meanwhile.
 * What `then` throws ends the connection.
 */
export function awaitOutcome(
  connection: Connection,
  answer: AuthOutcome | Promise<AuthOutcome>,
  then: (outcome: AuthOutcome) => void,
): void {
  const settle = (settled: AuthOutcome) =>
    judgeWill(connection, underOwnId(connection, settled));
  const outcome = answer instanceof Promise
    ? answer.then(settle)
    : settle(answer);
  // Most outcomes are known at once, and then no reader has to wait.
  if (!(outcome instanceof Promise)) return then(outcome);
  connection.pump.pause("authenticating");
  const open = () =>
    connection.state !== "closing" && connection.state !== "closed";
  outcome.then((settled) => {
    // Whoever asked may be gone by now, and the exchange with him.
    if (!open()) return;
    connection.context.passes.begin();
    then(settled);
  }).catch((error) => {
    if (open()) connection.fail(error);
  }).finally(() => connection.pump.resume("authenticating"));
}

/**
 * AUTH (3.15): the next step of an exchange, or a new one (4.12). What a step
 * needs to wait for, `awaitOutcome` waits for: no packet overtakes it.
 */
export function handleAuth(
  connection: Connection,
  chunk: Uint8Array,
  frame: Frame,
): void {
  // Type 15 is reserved in 3.x (3.1.1, table 2.1).
  if (connection.version !== 5) {
    throw new ProtocolError(
      ReasonCode.ProtocolError,
      "AUTH belongs to MQTT 5.0",
    );
  }
  const packet = decodeAuth(chunk, frame, connection.version);
  const method = packet.properties.authenticationMethod;
  // Neither can an exchange begin by AUTH nor change its method on the way.
  if (connection.authMethod === null || method !== connection.authMethod) {
    throw new ProtocolError( // [MQTT-4.12.0-5], [MQTT-4.12.1-1]
      ReasonCode.ProtocolError,
      "AUTH with another method than CONNECT",
    );
  }
  // Which codes mean what depends on where the exchange is (3.15.2.1).
  if (packet.reasonCode === ReasonCode.Reauthenticate) {
    reauthenticate(connection, packet);
  } else if (
    packet.reasonCode === ReasonCode.ContinueAuthentication &&
    connection.exchange !== null
  ) {
    awaitOutcome(
      connection,
      connection.exchange.step(packet.properties.authenticationData ?? null),
      connection.judged,
    );
  } else {
    throw new ProtocolError(
      ReasonCode.ProtocolError,
      "AUTH that continues no exchange",
    );
  }
}

/** The client is in already, and goes on while it is judged anew (4.12.1). */
function reauthenticate(connection: Connection, packet: AuthPacket): void {
  if (connection.state !== "open" || connection.exchange !== null) {
    throw new ProtocolError(
      ReasonCode.ProtocolError,
      "re-authentication while an exchange is under way",
    );
  }
  // Not kept from the first time: an exchange is for one authentication.
  const exchange = connection.context.authenticator.begin(
    connection.authMethod!,
    connection.credentials!,
  );
  if (exchange === null) {
    throw new ProtocolError(
      ReasonCode.BadAuthenticationMethod,
      "the authentication method is no longer known",
    );
  }
  // One at a time: to begin another before this one is judged is a mistake.
  connection.exchange = exchange;
  connection.judged = (outcome) => judgeAgain(connection, outcome);
  awaitOutcome(
    connection,
    exchange.step(packet.properties.authenticationData ?? null),
    connection.judged,
  );
}

/** The session stays; only who it belongs to may have changed. */
function judgeAgain(connection: Connection, outcome: AuthOutcome): void {
  if (outcome.kind === "deny") {
    const { reasonCode, why: detail } = outcome;
    connection.close("auth-failed", reasonCode, undefined, { detail });
    return; // 4.12.1
  }
  if (outcome.kind === "continue") {
    connection.sender.sendAuth(
      connection.authMethod!,
      ReasonCode.ContinueAuthentication,
      outcome.data,
    );
    return;
  }
  connection.exchange = null;
  const session = connection.session!;
  const { context, listener } = connection;
  // The authenticator that judged it may have been replaced meanwhile; and a
  // session that is named for its user cannot become another's.
  if (
    context.authenticator.stillAllows?.(outcome.identity) === false ||
    listener.clientIdFrom === "username" &&
      outcome.identity.clientId !== session.clientId
  ) return connection.close("auth-failed", ReasonCode.NotAuthorized);
  // Before anything changes: it may be larger than the client takes.
  connection.sender.sendAuth(
    connection.authMethod!,
    ReasonCode.Success,
    outcome.data,
  );
  // From here on access is judged by the new identity.
  const before = session.identity.username;
  session.identity = outcome.identity;
  session.changed();
  watchIdentity(connection, outcome.identity);
  const isAnother = before !== outcome.identity.username;
  enforceAccess(session, context, isAnother);
}
