import { decodeConnect, type Frame } from "../../codec/mod.ts";
import {
  type ConnectPacket,
  ProtocolError,
  ReasonCode,
} from "../../mqtt/mod.ts";
import type { AuthOutcome, Credentials, Identity } from "../../security/mod.ts";
import type { Authenticated, Connection } from "../connection/connection.ts";
import { awaitAnswer, passThrough } from "./await_answer.ts";
import { type Candidate, check } from "./candidate.ts";
import { underOwnId } from "./client_id.ts";
import { enter } from "./enter.ts";
import { judgeWill } from "./judge_will.ts";

/** Characters of an unknown authentication method in a refusal. */
const METHOD_SHOWN = 100;

/**
 * CONNECT (3.1), step by step: check the packet, authenticate the client, judge
 * its will, take its session, and answer. An older connection or session of the
 * client id stays as it is until the client is authenticated.
 */
export function handleConnect(
  connection: Connection,
  chunk: Uint8Array,
  frame: Frame,
): void {
  if (connection.state !== "opening") {
    throw new ProtocolError( // [MQTT-3.1.0-2]
      ReasonCode.ProtocolError,
      "the client sends a second CONNECT",
    );
  }
  const packet = decodeConnect(chunk, frame);
  // First the form of answers: a refusal uses it, too.
  connection.sender.version = packet.version;
  connection.clientId = packet.clientId;
  connection.sender.problemInformation =
    packet.properties.requestProblemInformation !== false;
  connection.sender.sendLimit = packet.properties.maximumPacketSize ?? Infinity;
  const candidate = check(connection, packet);
  const credentials = credentialsOf(connection, candidate);
  connection.username = credentials.username;
  connection.state = "authenticating";
  connection.clientId = candidate.clientId;
  const authenticated: Authenticated = (answer) =>
    awaitAnswer(
      connection,
      passThrough(answer, (outcome) => {
        const own = underOwnId(connection, outcome);
        return judgeWill(connection, candidate.will, own);
      }),
      (outcome) => settle(connection, candidate, outcome),
    );
  if (packet.properties.authenticationMethod !== undefined) {
    connection.authenticated = authenticated;
  }
  authenticated(authenticate(connection, packet, credentials));
}

/** Returns the facts for authenticators; none of them is proved. */
function credentialsOf(
  { certificate, listener, hostname }: Connection,
  { packet, clientId }: Candidate,
): Credentials {
  return {
    clientId,
    // Empty ones count as absent, as in Mosquitto: some clients send them.
    username: certificate?.username ?? (packet.username || null),
    password: packet.password?.length ? packet.password : null,
    version: packet.version,
    listener: listener.name,
    hostname,
    certificate: certificate?.facts ?? null,
    isCertified: certificate !== null && certificate.username !== null,
  };
}

/** Asks the authenticator; with a method (4.12) that is the first step. */
function authenticate(
  connection: Connection,
  { properties }: ConnectPacket,
  credentials: Credentials,
): AuthOutcome | Promise<AuthOutcome> {
  const { authenticator } = connection.context;
  const method = properties.authenticationMethod;
  // Without a method there is one step, and AUTH may never come (4.12).
  if (method === undefined) return authenticator.authenticate(credentials);
  const exchange = authenticator.begin(method, credentials);
  if (exchange === null) {
    throw new ProtocolError( // [MQTT-4.12.0-1]
      ReasonCode.BadAuthenticationMethod,
      `authentication method ${method.slice(0, METHOD_SHOWN)} is unknown`,
    );
  }
  // Kept for the steps to come, and for re-authentication (4.12.1).
  connection.exchange = exchange;
  connection.authMethod = method;
  connection.credentials = credentials;
  return exchange.step(properties.authenticationData ?? null);
}

/** Refuses the client, asks for one more step, or accepts it. */
function settle(
  connection: Connection,
  candidate: Candidate,
  outcome: AuthOutcome,
): void {
  if (outcome.kind === "deny") {
    // SCRAM has the user name in its exchange, not in CONNECT.
    connection.username ??= connection.exchange?.username ?? null;
    const { reasonCode, why = null } = outcome;
    throw new ProtocolError(reasonCode, "not authorized", why);
  }
  if (outcome.kind === "continue") {
    connection.sender.sendAuth(
      connection.authMethod!,
      ReasonCode.ContinueAuthentication,
      outcome.data,
    );
    return;
  }
  // A reload may have replaced the authenticator meanwhile.
  const { authenticator } = connection.context;
  if (authenticator.stillAllows?.(outcome.identity) === false) {
    throw new ProtocolError(ReasonCode.NotAuthorized, "no longer authorized");
  }
  connection.exchange = connection.authenticated = null;
  const known = underIdOf(outcome.identity, candidate);
  const again = () => settle(connection, candidate, outcome);
  enter(connection, known, outcome, again);
}

/** Returns the candidate under the client id that its identity has. */
function underIdOf({ clientId }: Identity, candidate: Candidate): Candidate {
  const { will } = candidate;
  if (will !== null) will.message.publisher = clientId;
  return { ...candidate, clientId };
}
