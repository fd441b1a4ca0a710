import type { AckPacket } from "../../codec/mod.ts";
import { PacketType, ProtocolError, ReasonCode } from "../../mqtt/mod.ts";
import type { Connection } from "../connection/connection.ts";
import type { Session } from "../session/session.ts";
import type { Outgoing } from "../core/outgoing.ts";

/** Handles PUBACK, PUBREC, PUBREL and PUBCOMP (4.3.2, 4.3.3). */
export function handleAck(
  connection: Connection,
  type: number,
  ack: AckPacket,
): void {
  const session = connection.session!;
  const { packetId } = ack;
  if (type === PacketType.Pubrel) {
    return release(connection, session, packetId);
  }
  // The client may answer in any order, late, or twice: an id that is not in
  // flight is no error, an id of the wrong QoS is.
  const entry = session.queue.find(packetId);
  const refused = ack.reasonCode >= 0x80;
  if (type === PacketType.Puback) {
    // Late, repeated, or for a former session.
    if (entry === null) return;
    expectQos(entry, 1, "PUBACK");
    session.queue.acknowledged(entry, refused);
  } else if (type === PacketType.Pubrec) {
    if (entry === null) {
      // The message is gone: the client must not wait for PUBREL.
      if (!refused) {
        connection.sender.sendAck(
          PacketType.Pubrel,
          packetId,
          ReasonCode.PacketIdentifierNotFound,
        );
      }
      return;
    }
    expectQos(entry, 2, "PUBREC");
    // With a code of 0x80 or more no PUBREL follows (4.3.3).
    if (refused) return session.queue.acknowledged(entry, true);
    session.queue.receivedByClient(entry);
    answerPubrec(connection, session, entry);
  } else complete(session, entry, packetId);
}

/** Handles PUBCOMP: another message may get the packet id [MQTT-2.2.1-4]. */
function complete(
  session: Session,
  entry: Outgoing | null,
  packetId: number,
): void {
  const { queue } = session;
  // The exchange in flight ends first: its client holds the id no longer, so
  // that answers a PUBREL for an id that a crash had made unknown, too.
  const isInFlight = entry !== null && entry.qos === 2 &&
    entry.message === null;
  if (isInFlight) queue.acknowledged(entry, false);
  if (queue.freed(packetId) || isInFlight || entry === null) return;
  expectQos(entry, 2, "PUBCOMP");
  throw new ProtocolError( // [MQTT-4.3.3-4]: not acknowledged before PUBREC
    ReasonCode.ProtocolError,
    `PUBCOMP for packet id ${packetId} comes before its PUBREC`,
  );
}

/** Handles PUBREL: from PUBCOMP on the client may use the packet id anew. */
function release(
  connection: Connection,
  session: Session,
  packetId: number,
): void {
  const { durability } = connection.context;
  const isKnown = session.releaseReceived(packetId);
  const code = isKnown
    ? ReasonCode.Success
    : ReasonCode.PacketIdentifierNotFound;
  const answer = () =>
    connection.sender.sendAck(PacketType.Pubcomp, packetId, code);
  if (durability.isReleaseSafe(session.slot, packetId, isKnown)) {
    return answer();
  }
  durability.defer(connection, PacketType.Pubcomp, packetId, answer);
}

/** Sends PUBREL, after which the client forgets the message. */
function answerPubrec(
  connection: Connection,
  session: Session,
  entry: Outgoing,
): void {
  const { context, sender } = connection;
  const { packetId } = entry;
  const answer = () => {
    if (session.queue.find(packetId) !== entry) return;
    sender.sendAck(PacketType.Pubrel, packetId, ReasonCode.Success);
  };
  const { durability } = context;
  if (!durability.mustStay(entry)) return answer();
  // Without its PUBREC on disk a crash would repeat the message.
  durability.defer(connection, PacketType.Pubrel, packetId, answer);
}

function expectQos(entry: Outgoing, qos: 1 | 2, name: string): void {
  if (entry.qos === qos) return;
  throw new ProtocolError(
    ReasonCode.ProtocolError,
    `${name} is for packet id ${entry.packetId}, which has QoS ${entry.qos}`,
  );
}
