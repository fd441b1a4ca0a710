import { decodeUnsubscribe, encodeSuback, type Frame } from "../codec/mod.ts";
import { ReasonCode } from "../mqtt/mod.ts";
import type { SharedName } from "../router/mod.ts";
import type { Connection } from "./connection.ts";
import { readFilter } from "./filter.ts";
import { sendGated } from "./send_gated.ts";

/**
 * UNSUBSCRIBE (3.10): each filter gets its own code [MQTT-3.11.3-1], of which
 * 3.x is told nothing. What is in flight already is still brought to its end
 * [MQTT-3.10.4-3].
 */
export function handleUnsubscribe(
  connection: Connection,
  chunk: Uint8Array,
  frame: Frame,
): void {
  const packet = decodeUnsubscribe(chunk, frame, connection.version);
  const session = connection.session!;
  const { router } = connection.context;
  // All of them first: a packet that ends the connection does nothing else.
  const filters = packet.filters.map((text) => readFilter(text, connection));
  const codes: number[] = [];
  const left: SharedName[] = [];
  for (const { filter, group } of filters) {
    const existed = router.unsubscribe(session, filter, group);
    if (existed) {
      session.subscriptions--;
      if (group !== null) left.push({ name: group, filter });
      else session.queue.stopFeed(filter);
    }
    codes.push(existed ? ReasonCode.Success : ReasonCode.NoSubscriptionExisted);
  }
  // What it was to have by its groups, others can have in its place; what it
  // was to have by itself it still may be given (3.10.4).
  session.queue.leftGroups(left);
  const { packetId } = packet;
  sendGated(
    connection,
    11,
    packetId,
    encodeSuback(
      { type: 11, packetId, codes, properties: {} },
      connection.version,
    ),
  );
}
