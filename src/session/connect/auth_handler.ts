import { decodeAuth, type Frame } from "../../codec/mod.ts";
import { type AuthPacket, ProtocolError, ReasonCode } from "../../mqtt/mod.ts";
import type { AuthOutcome } from "../../security/mod.ts";
import { awaitAnswer, passThrough } from "./await_answer.ts";
import { underOwnId } from "./client_id.ts";
import type { Authenticated, Connection } from "../connection/connection.ts";
import { enforceAccess } from "../session/enforce.ts";
import { watchIdentity } from "../connection/identity_end.ts";

/**
 * AUTH (3.15): the next step of an exchange, or a new one (4.12). What a step
 * needs to wait for, the reader waits for: no packet overtakes it.
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
    const { authenticationData = null } = packet.properties;
    connection.authenticated!(connection.exchange.step(authenticationData));
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
  const authenticated: Authenticated = (answer) =>
    awaitAnswer(
      connection,
      passThrough(answer, (outcome) => underOwnId(connection, outcome)),
      (outcome) => judgeAgain(connection, outcome),
    );
  const { authenticationData = null } = packet.properties;
  connection.authenticated = authenticated;
  authenticated(exchange.step(authenticationData));
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
  connection.exchange = connection.authenticated = null;
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
  connection.username = outcome.identity.username;
  session.changed();
  watchIdentity(connection, outcome.identity);
  const isAnother = before !== outcome.identity.username;
  enforceAccess(session, context, isAnother);
}
