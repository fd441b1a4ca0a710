import {
  ConnectError,
  decodeConnect,
  encodeConnack,
  type Frame,
} from "../../codec/mod.ts";
import {
  type ConnackPacket,
  type ConnectPacket,
  type Properties,
  ProtocolError,
  type ProtocolVersion,
  ReasonCode,
  ReturnCode,
} from "../../mqtt/mod.ts";
import type { AuthOutcome, Credentials, Identity } from "../../security/mod.ts";
import { checkAnswer } from "../output/answer_too_large.ts";
import { awaitOutcome } from "./auth_handler.ts";
import { awaitEnding } from "./await_ending.ts";
import { checkLength, isAnothers } from "./client_id.ts";
import { closeReasonOf } from "../core/closing_error.ts";
import type { Connection } from "../connection/connection.ts";
import { applyLimits } from "../connection/apply_limits.ts";
import { enforceAccess, mayInherit } from "../session/enforce.ts";
import { ForeignProtocol } from "../connection/first_packet.ts";
import { watchIdentity } from "../connection/identity_end.ts";
import type { ListenerOptions, SessionOptions } from "../core/options.ts";
import type { Session } from "../session/session.ts";
import { TopicAliases } from "../output/topic_aliases.ts";
import { acceptWill, type Will } from "../session/will.ts";

/** The largest packet there can be; as a maximum it limits nothing. */
const PACKET_MAXIMUM = 268_435_460;

/** Letters that a refusal says of an unknown authentication method. */
const METHOD_SHOWN = 100;

/** A CONNECT that passed all checks but who sent it. */
interface Candidate {
  /** As it came. */
  readonly packet: ConnectPacket;
  /** As it came, or one of our own. */
  readonly clientId: string;
  /** Whether it is our own, which a 5.0 client has to be told. */
  readonly assigned: boolean;
  readonly will: Will | null;
}

/**
 * CONNECT (3.1): check, authenticate, take over, answer, resume. Nothing of an
 * older connection or session is touched before it is known who asks.
 */
export function handleConnect(
  connection: Connection,
  chunk: Uint8Array,
  frame: Frame,
): void {
  if (connection.state !== "opening") {
    throw new ProtocolError( // [MQTT-3.1.0-2]
      ReasonCode.ProtocolError,
      "a second CONNECT",
    );
  }
  const packet = decodeConnect(chunk, frame);
  // First of all how it is to be answered: a refusal keeps to it, too.
  connection.sender.version = packet.version;
  connection.clientId = packet.clientId;
  connection.sender.problemInformation =
    packet.properties.requestProblemInformation !== false;
  connection.sender.sendLimit = packet.properties.maximumPacketSize ?? Infinity;
  const candidate = check(connection, packet);
  const { authenticator } = connection.context;
  const { certificate } = connection;
  // All an authenticator may judge by; none of it has been believed so far.
  const credentials: Credentials = {
    clientId: candidate.clientId,
    // Empty ones stand for none, as with Mosquitto: some clients send them.
    username: certificate?.username ?? (packet.username || null),
    password: packet.password?.length ? packet.password : null,
    version: packet.version,
    listener: connection.listener.name,
    hostname: connection.hostname,
    certificate: certificate?.facts ?? null,
    isCertified: certificate !== null && certificate.username !== null,
  };
  connection.username = credentials.username;
  connection.will = candidate.will;
  connection.state = "authenticating";
  connection.clientId = candidate.clientId;
  const method = packet.properties.authenticationMethod;
  // Without a method there is one step, and AUTH may never come (4.12).
  if (method === undefined) {
    return awaitOutcome(
      connection,
      authenticator.authenticate(credentials),
      (outcome) => judge(connection, candidate, outcome),
    );
  }
  connection.exchange = authenticator.begin(method, credentials);
  if (connection.exchange === null) {
    throw new ProtocolError( // [MQTT-4.12.0-1]
      ReasonCode.BadAuthenticationMethod,
      `authentication method ${method.slice(0, METHOD_SHOWN)} is not known`,
    );
  }
  // Kept for the steps to come, and for when the client asks to be judged
  // again (4.12.1).
  connection.authMethod = method;
  connection.credentials = credentials;
  connection.judged = (outcome) => judge(connection, candidate, outcome);
  awaitOutcome(
    connection,
    connection.exchange.step(packet.properties.authenticationData ?? null),
    connection.judged,
  );
}

/** Refuses what no credentials could make good. */
function check(connection: Connection, packet: ConnectPacket): Candidate {
  const { listener, context } = connection;
  const { version } = packet;
  if (!listener.versions.includes(version)) {
    throw new ProtocolError( // [MQTT-3.1.2-2]
      ReasonCode.UnsupportedProtocolVersion,
      `this listener does not serve protocol version ${version}`,
    );
  }
  let { clientId } = packet;
  const assigned = clientId === "";
  if (assigned) {
    if (!listener.assignsClientId) {
      throw new ProtocolError( // Permitted by [MQTT-3.1.3-6].
        ReasonCode.ClientIdentifierNotValid,
        "the client gives no client id, and this listener assigns none",
      );
    }
    // [MQTT-3.1.3-8] of 3.1.1; 3.1 has no empty client id at all.
    if (version === 3 || (version === 4 && !packet.cleanStart)) {
      throw new ProtocolError(
        ReasonCode.ClientIdentifierNotValid,
        "an empty client id needs a clean session",
      );
    }
    // One that nobody has: it must not take a session over [MQTT-3.1.3-6].
    clientId = connection.registry.unusedClientId(
      context.options.maxClientIdLength,
    );
  }
  checkLength(clientId, context);
  const will = packet.will === null
    ? null
    : acceptWill(packet.will, clientId, connection);
  return { packet, clientId, assigned, will };
}

/** The outcome of a step: out, one more step, or in. */
function judge(
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
  // Whoever let it in may have been replaced while it was being asked.
  const { authenticator } = connection.context;
  if (authenticator.stillAllows?.(outcome.identity) === false) {
    throw new ProtocolError(ReasonCode.NotAuthorized, "no longer authorized");
  }
  connection.exchange = null;
  connection.will = null;
  enter(connection, underIdOf(outcome.identity, candidate), outcome);
}

/** The candidate under the client id that its user name gave it, or its own. */
function underIdOf({ clientId }: Identity, candidate: Candidate): Candidate {
  const { will } = candidate;
  if (will !== null) will.message.publisher = clientId;
  return { ...candidate, clientId };
}

/** Takes the session for a client that is authenticated, and answers. */
function enter(
  connection: Connection,
  candidate: Candidate,
  outcome: Extract<AuthOutcome, { kind: "allow" }>,
): void {
  const { context, registry } = connection;
  const { packet, clientId } = candidate;
  const { identity, data } = outcome;
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
  // Without CONNACK a client knows neither its limits nor its client id.
  const connack = encodeConnack(answer, packet.version);
  checkAnswer(connection.sender, "CONNACK", connack.length);
  clearTheWay(connection, candidate, identity);
  const batch = registry.batchToAwait(clientId);
  if (batch > 0) {
    return awaitEnding(
      connection,
      batch,
      () => judge(connection, candidate, outcome),
    );
  }
  // Nothing below waits, so nobody else can come in by this client id between
  // taking the session and answering.
  const former = registry.get(clientId);
  const present = former !== undefined;
  const session = former ?? registry.create(clientId);
  session.expiryInterval = sessionExpiry(packet, context.options);
  // Also in place of one under delay: its client is back [MQTT-3.1.3-9].
  session.will = candidate.will;
  session.bridge = packet.bridge;
  // Both before anything that may throw: `close` takes them back.
  connection.session = session;
  context.counters.clientsConnected++;
  session.attach(connection, identity);
  watchIdentity(connection, identity);
  // What is half received from before does not count against the new quota.
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
  // Somebody else may have it now, or the same one by other rules.
  if (present) enforceAccess(session, context);
}

/**
 * Returns how long the session outlives its connection, in seconds. 3.x says
 * only whether it does; the broker sets how long (3.1.1, 3.1.2.4).
 */
function sessionExpiry(
  { version, cleanStart, properties }: ConnectPacket,
  { maxExpiry, expiryV3 }: SessionOptions,
): number {
  const asked = version === 5
    ? properties.sessionExpiryInterval ?? 0
    : cleanStart
    ? 0
    : expiryV3;
  return Math.min(asked, maxExpiry);
}

/** Ends the old connection of the client id, and a session that is not to go on. */
function clearTheWay(
  connection: Connection,
  { packet, clientId }: Candidate,
  identity: Identity,
): void {
  const { mountPoint, context, registry } = connection;
  const { router } = context;
  const old = registry.get(clientId);
  // Of what lies elsewhere the client could not even unsubscribe here.
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
 * Has CONNACK wait for the disk where it says something of it: that the session
 * lasts, or that the one before is over.
 */
function awaitEffect(connection: Connection, session: Session): void {
  // While the disk takes nothing, clients can come in all the same.
  if (session.slot !== null || session.isEnding) {
    connection.sender.waitForCommit();
  }
}

/**
 * Sets what holds for this connection: the less of what the client takes and
 * what the settings give.
 */
function setLimits(connection: Connection, packet: ConnectPacket): void {
  const { listener, context } = connection;
  const { options } = context;
  const { properties, version } = packet;
  connection.promised = options;
  connection.askedExpiry = properties.sessionExpiryInterval ?? 0;
  connection.sender.receiveMaximum = properties.receiveMaximum ?? 65535;
  applyLimits(connection);
  const aliases = Math.min(
    options.topicAliasMaximumOut,
    properties.topicAliasMaximum ?? 0,
  );
  connection.sender.aliasesOut = aliases === 0
    ? null
    : new TopicAliases(aliases);
  // Frames of 3.x are one form; with aliases to give or a part of the topic to
  // leave out, each frame is our own.
  const { mountPoint } = connection;
  connection.sender.topicFrom = mountPoint === null ? 0 : mountPoint.length;
  connection.sender.passOn = mountPoint !== null
    ? 0
    : version !== 5
    ? 4
    : aliases === 0
    ? 5
    : 0;
  const keepAlive = keepAliveOf(packet, listener);
  connection.isKeepAliveCut = keepAlive !== packet.keepAlive;
  // Counted one and a half times from now on [MQTT-3.1.2-22].
  connection.watch(keepAlive);
}

/**
 * The keep alive that counts, in seconds; 0 for none. CONNACK tells a 5.0
 * client of a shorter one. A 3.x client does not learn of it, and is closed
 * when it says nothing for so long: 3.1.1, 3.1.2.10 allows that.
 */
function keepAliveOf(
  { keepAlive }: ConnectPacket,
  { maxKeepAlive }: ListenerOptions,
): number {
  const isCut = maxKeepAlive > 0 &&
    (keepAlive === 0 || keepAlive > maxKeepAlive);
  return isCut ? maxKeepAlive : keepAlive;
}

/** The properties of CONNACK: only what differs from their default (3.2.2.3). */
function announce(
  connection: Connection,
  { packet, clientId, assigned }: Candidate,
  data: Uint8Array | undefined,
): Properties {
  const { listener } = connection;
  const { options } = connection.context;
  // An absent property means what the client asked for, or no limit.
  const asked = packet.properties.sessionExpiryInterval ?? 0;
  const properties: Properties = {};
  const expiry = sessionExpiry(packet, options);
  if (expiry !== asked) properties.sessionExpiryInterval = expiry;
  if (listener.receiveMaximum < 65535) {
    properties.receiveMaximum = listener.receiveMaximum;
  }
  if (listener.maxQos < 2) properties.maximumQoS = listener.maxQos;
  if (!listener.retainAvailable) properties.retainAvailable = false;
  if (listener.maxPacketSize < PACKET_MAXIMUM) {
    properties.maximumPacketSize = listener.maxPacketSize;
  }
  // [MQTT-3.2.2-16]: it could not come back to a session it cannot name.
  if (assigned) properties.assignedClientIdentifier = clientId;
  if (listener.topicAliasMaximum > 0) {
    properties.topicAliasMaximum = listener.topicAliasMaximum;
  }
  if (!options.wildcardAvailable) {
    properties.wildcardSubscriptionAvailable = false;
  }
  if (!options.sharedAvailable) properties.sharedSubscriptionAvailable = false;
  const keepAlive = keepAliveOf(packet, listener);
  if (keepAlive !== packet.keepAlive) properties.serverKeepAlive = keepAlive;
  if (connection.authMethod !== null) {
    properties.authenticationMethod = connection.authMethod;
    if (data !== undefined) properties.authenticationData = data;
  }
  return properties;
}

/** Answers a CONNECT that is refused, where there is an answer, and closes. */
export function refuseConnect(
  connection: Connection,
  error: ProtocolError,
): void {
  // Before CONNECT was decoded there is nobody to answer.
  const version = error instanceof ConnectError
    ? error.version
    : connection.clientId === null
    ? null
    : connection.version;
  const bytes = version === null ? null : refusal(connection, error, version);
  if (bytes !== null) connection.sender.send(bytes);
  // Counted apart: wrong passwords are worth another look than wrong bytes.
  const denied = connection.state === "authenticating";
  const why = closeReasonOf(error, denied ? "auth-failed" : "refused");
  connection.close(why, error.reasonCode, error.detail ?? error.message, {
    fault: error instanceof ForeignProtocol ? error.fault : null,
  });
}

/** CONNACK with the refusal; null where the version has no code for it. */
function refusal(
  connection: Connection,
  error: ProtocolError,
  version: ProtocolVersion,
): Uint8Array | null {
  const code = version === 5 ? error.reasonCode : RETURN_CODES.get(
    error.reasonCode,
  );
  if (code === undefined) return null; // 3.x has no word for it: just close
  const encode = (properties: Properties) =>
    encodeConnack(
      { type: 2, sessionPresent: false, code, properties },
      version,
    );
  if (version !== 5) return encode({});
  // The reason in words only where it fits [MQTT-3.2.2-19].
  const full = encode({ reasonString: error.message });
  return full.length <= connection.sender.sendLimit ? full : encode({});
}

/** What 3.x says for a reason (3.2.2.3); the rest has to do without a word. */
const RETURN_CODES: ReadonlyMap<ReasonCode, ReturnCode> = new Map([
  [
    ReasonCode.UnsupportedProtocolVersion,
    ReturnCode.UnacceptableProtocolVersion,
  ],
  [ReasonCode.ClientIdentifierNotValid, ReturnCode.IdentifierRejected],
  [ReasonCode.ServerUnavailable, ReturnCode.ServerUnavailable],
  [ReasonCode.ServerBusy, ReturnCode.ServerUnavailable],
  [ReasonCode.ConnectionRateExceeded, ReturnCode.ServerUnavailable],
  [ReasonCode.QuotaExceeded, ReturnCode.ServerUnavailable],
  [ReasonCode.BadUserNameOrPassword, ReturnCode.BadUserNameOrPassword],
  [ReasonCode.NotAuthorized, ReturnCode.NotAuthorized],
  [ReasonCode.Banned, ReturnCode.NotAuthorized],
]);
