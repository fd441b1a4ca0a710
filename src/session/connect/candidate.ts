import {
  type ConnectPacket,
  ProtocolError,
  ReasonCode,
} from "../../mqtt/mod.ts";
import type { Connection } from "../connection/connection.ts";
import { acceptWill, type Will } from "../session/will.ts";
import { checkLength } from "./client_id.ts";

/** A CONNECT that passed all checks but authentication. */
export interface Candidate {
  /** The CONNECT. */
  readonly packet: ConnectPacket;
  /** The client id of CONNECT, or an assigned one. */
  readonly clientId: string;
  /** Whether the broker assigned it: CONNACK of MQTT 5.0 has it then. */
  readonly assigned: boolean;
  readonly will: Will | null;
}

/**
 * Checks a CONNECT apart from its credentials.
 *
 * @throws {ProtocolError} with the reason code of CONNACK.
 */
export function check(
  connection: Connection,
  packet: ConnectPacket,
): Candidate {
  const { listener, context } = connection;
  const { version } = packet;
  if (!listener.versions.includes(version)) {
    throw new ProtocolError( // [MQTT-3.1.2-2]
      ReasonCode.UnsupportedProtocolVersion,
      `protocol version ${version} is not allowed on this listener`,
    );
  }
  let { clientId } = packet;
  const assigned = clientId === "";
  if (assigned) {
    if (!listener.assignsClientId) {
      throw new ProtocolError( // Permitted by [MQTT-3.1.3-6].
        ReasonCode.ClientIdentifierNotValid,
        "the client id is empty, and this listener assigns none",
      );
    }
    // [MQTT-3.1.3-8] of 3.1.1; 3.1 has no empty client id at all.
    if (version === 3 || (version === 4 && !packet.cleanStart)) {
      throw new ProtocolError(
        ReasonCode.ClientIdentifierNotValid,
        "an empty client id needs Clean Session 1",
      );
    }
    // A new client id must not take a session over [MQTT-3.1.3-6].
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
