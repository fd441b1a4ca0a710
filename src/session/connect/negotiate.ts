import type { ConnectPacket, Properties } from "../../mqtt/mod.ts";
import { applyLimits } from "../connection/apply_limits.ts";
import type { Connection } from "../connection/connection.ts";
import type { ListenerOptions, SessionOptions } from "../core/options.ts";
import { TopicAliases } from "../output/topic_aliases.ts";
import type { Candidate } from "./candidate.ts";

/** Largest packet of MQTT: as a maximum it limits nothing. */
const PACKET_MAXIMUM = 268_435_460;

/**
 * Returns how long the session outlives its connection, in seconds. 3.x says
 * only whether it does; the broker sets how long (3.1.1, 3.1.2.4).
 */
export function sessionExpiry(
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

/** Returns the properties of CONNACK that differ from their defaults (3.2.2.3). */
export function announce(
  connection: Connection,
  { packet, clientId, assigned }: Candidate,
  data: Uint8Array | undefined,
): Properties {
  const { listener } = connection;
  const { options } = connection.context;
  // Absent means the value of CONNECT, or no limit.
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
  // [MQTT-3.2.2-16]: the client needs it to resume its session.
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

/**
 * Sets the limits of this connection: the lower of the client's and the
 * settings'.
 */
export function setLimits(connection: Connection, packet: ConnectPacket): void {
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
  // 3.x has one form of frames; with aliases or a mount point the broker encodes
  // each frame.
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
  // One and a half times the interval counts [MQTT-3.1.2-22].
  connection.watch(keepAlive);
}

/**
 * Returns the keep alive that counts, in seconds; 0 for none. CONNACK of MQTT 5.0
 * has a shorter one. A 3.x client does not learn of it, and is closed after that
 * silence: 3.1.1, 3.1.2.10 allows it.
 */
function keepAliveOf(
  { keepAlive }: ConnectPacket,
  { maxKeepAlive }: ListenerOptions,
): number {
  const isCut = maxKeepAlive > 0 &&
    (keepAlive === 0 || keepAlive > maxKeepAlive);
  return isCut ? maxKeepAlive : keepAlive;
}
