import { decodeAuth, type Frame } from "../../codec/mod.ts";
import { type AuthPacket, ProtocolError, ReasonCode } from "../../mqtt/mod.ts";
import type { AuthOutcome } from "../../security/mod.ts";
import { awaitAnswer, passThrough } from "./await_answer.ts";
import { underOwnId } from "./client_id.ts";
import type { Authenticated, Connection } from "../connection/connection.ts";
import { enforceAccess } from "../session/enforce.ts";
import { watchIdentity } from "../connection/identity_end.ts";

/**
 * Handles AUTH (3.15): the next step of an exchange, or a new one (4.12). The
 * reader waits for each step: no packet overtakes it.
 */
export function handleAuth(
  connection: Connection,
  chunk: Uint8Array,
  frame: Frame,
): void {
  const packet = decodeAuth(chunk, frame, connection.version);
  const method = packet.properties.authenticationMethod;
  // CONNECT begins the first exchange and sets the method for all.
  if (connection.authMethod === null || method !== connection.authMethod) {
    throw new ProtocolError( // [MQTT-4.12.0-5], [MQTT-4.12.1-1]
      ReasonCode.ProtocolError,
      "AUTH has another Authentication Method (0x15) than CONNECT",
    );
  }
  // The state of the exchange decides which codes are allowed (3.15.2.1).
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
      "AUTH continues no exchange",
    );
  }
}

/** Authenticates a connected client again, while it goes on (4.12.1). */
function reauthenticate(connection: Connection, packet: AuthPacket): void {
  if (connection.state !== "open" || connection.exchange !== null) {
    throw new ProtocolError(
      ReasonCode.ProtocolError,
      "re-authentication begins while an exchange is under way",
    );
  }
  // An exchange is for one authentication.
  const exchange = connection.context.authenticator.begin(
    connection.authMethod!,
    connection.credentials!,
  );
  if (exchange === null) {
    throw new ProtocolError(
      ReasonCode.BadAuthenticationMethod,
      "the authentication method is no longer available",
    );
  }
  // One at a time: a second one before the outcome is an error.
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

/** Takes the outcome: the session stays, its identity may change. */
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
  // A reload may have replaced the authenticator meanwhile; and a session whose
  // client id is its user name cannot change its user.
  if (
    context.authenticator.stillAllows?.(outcome.identity) === false ||
    listener.clientIdFrom === "username" &&
      outcome.identity.clientId !== session.clientId
  ) return connection.close("auth-failed", ReasonCode.NotAuthorized);
  // First of all: AUTH may be larger than the client accepts.
  connection.sender.sendAuth(
    connection.authMethod!,
    ReasonCode.Success,
    outcome.data,
  );
  // Access is judged by the new identity from now on.
  const before = session.identity.username;
  session.identity = outcome.identity;
  connection.username = outcome.identity.username;
  session.changed();
  watchIdentity(connection, outcome.identity);
  const isAnother = before !== outcome.identity.username;
  enforceAccess(session, context, isAnother);
}
