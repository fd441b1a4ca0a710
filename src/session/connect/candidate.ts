import {
  type ConnectPacket,
  ProtocolError,
  ReasonCode,
} from "../../mqtt/mod.ts";
import type { Connection } from "../connection/connection.ts";
import { acceptWill, type Will } from "../session/will.ts";
import { checkLength } from "./client_id.ts";

/** A CONNECT that passed all checks but who sent it. */
export interface Candidate {
  /** As it came. */
  readonly packet: ConnectPacket;
  /** As it came, or one of our own. */
  readonly clientId: string;
  /** Whether it is our own, which a 5.0 client has to be told. */
  readonly assigned: boolean;
  readonly will: Will | null;
}

/**
 * Checks a CONNECT as far as no credentials matter.
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
