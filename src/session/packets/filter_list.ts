import {
  countFilters,
  type FilterListHead,
  type Frame,
  subackLength,
} from "../../codec/mod.ts";
import { ProtocolError, ReasonCode } from "../../mqtt/mod.ts";
import { checkAnswer } from "../output/answer_too_large.ts";
import type { Connection } from "../connection/connection.ts";
import { FilterWork } from "../connection/filter_work.ts";

/**
 * Topic filters that one packet may always have. A packet may have more where
 * the settings allow a session more subscriptions.
 */
const FILTERS_A_PACKET = 65_536;

/**
 * Begins with a packet that has `optionBytes` behind each filter.
 *
 * @throws {ProtocolError} 0x97 for too many filters, 0x95 when the client accepts
 * no packet as large as the answer.
 */
export function beginFilterWork(
  connection: Connection,
  head: FilterListHead,
  chunk: Uint8Array,
  frame: Frame,
  optionBytes: 0 | 1,
): FilterWork {
  const { maxSubscriptions } = connection.context.options;
  const most = Math.max(FILTERS_A_PACKET, maxSubscriptions);
  const count = countFilters(chunk, head.start, frame.end, optionBytes, most);
  if (count > most) {
    throw new ProtocolError(
      ReasonCode.QuotaExceeded,
      `the packet has more than ${most} topic filters`,
    );
  }
  const answer = optionBytes === 1 ? "SUBACK" : "UNSUBACK";
  checkAnswer(connection.sender, answer, subackLength(count));
  return connection.filterWork = new FilterWork(head, frame);
}

/** Has the packet come again in a later turn; returns false for the handler. */
export function goOnLater(connection: Connection): false {
  const { pump, context } = connection;
  pump.pause("long-packet");
  context.turn.inTurns(() => {
    pump.resume("long-packet");
    return false;
  });
  return false;
}

/**
 * Sends SUBACK or UNSUBACK, of packet type `type`, once its effect is on disk, in
 * the modes that promise it; at once for a session that is not stored.
 */
export function sendGated(
  connection: Connection,
  type: 9 | 11,
  packetId: number,
  bytes: Uint8Array,
): void {
  const { context: { durability }, sender } = connection;
  if (!durability.isStuck || connection.session!.slot === null) {
    sender.waitForCommit();
    sender.send(bytes);
    return;
  }
  durability.defer(
    connection,
    type,
    packetId,
    () => sender.send(bytes),
    bytes.length,
  );
}
