import type { AckPacket } from "../codec/mod.ts";
import { PacketType, ProtocolError, ReasonCode } from "../mqtt/mod.ts";
import type { Connection } from "./connection.ts";
import type { Outgoing } from "./outgoing.ts";

/** PUBACK, PUBREC, PUBREL and PUBCOMP: the steps of 4.3.2 and 4.3.3. */
export function handleAck(
  connection: Connection,
  type: number,
  ack: AckPacket,
): void {
  const session = connection.session!;
  const { packetId } = ack;
  if (type === PacketType.Pubrel) {
    const known = session.releaseReceived(packetId);
    connection.sendAck(
      PacketType.Pubcomp, // [MQTT-4.3.3-11]
      packetId,
      known ? ReasonCode.Success : ReasonCode.PacketIdentifierNotFound,
    );
    return;
  }
  const entry = session.inflight(packetId);
  const refused = ack.reasonCode >= 0x80;
  if (type === PacketType.Puback) {
    if (entry === null) return; // late, after the session was cleaned
    expectQos(entry, 1, "PUBACK");
    session.acknowledged(entry, refused);
  } else if (type === PacketType.Pubrec) {
    if (entry === null) {
      // Nothing of it is left: the client must not wait for PUBREL.
      if (!refused) {
        connection.sendAck(
          PacketType.Pubrel,
          packetId,
          ReasonCode.PacketIdentifierNotFound,
        );
      }
      return;
    }
    expectQos(entry, 2, "PUBREC");
    if (refused) return session.acknowledged(entry, true);
    session.receivedByClient(entry);
    connection.sendAck(PacketType.Pubrel, packetId, ReasonCode.Success);
  } else if (entry !== null) {
    expectQos(entry, 2, "PUBCOMP");
    session.acknowledged(entry, false);
  }
}

function expectQos(entry: Outgoing, qos: 1 | 2, name: string): void {
  if (entry.qos === qos) return;
  throw new ProtocolError(
    ReasonCode.ProtocolError,
    `${name} for packet id ${entry.packetId}, which has QoS ${entry.qos}`,
  );
}
