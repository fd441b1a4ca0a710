import type { Connection } from "./connection.ts";

/**
 * Sends SUBACK or UNSUBACK, of packet type `type`, once what it says is on
 * disk, in the modes that promise it; for a session that is not stored at once.
 */
export function sendGated(
  connection: Connection,
  type: 9 | 11,
  packetId: number,
  bytes: Uint8Array,
): void {
  const { context, sender } = connection;
  if (!context.storeStuck || connection.session!.slot === null) {
    sender.waitForCommit();
    sender.send(bytes);
    return;
  }
  context.late.add(
    connection,
    context.gate!,
    type,
    packetId,
    () => sender.send(bytes),
    bytes.length,
  );
}
