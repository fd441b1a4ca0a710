import {
  decodeFilters,
  decodeUnsubscribeHead,
  encodeSuback,
  type Frame,
} from "../../codec/mod.ts";
import { ReasonCode } from "../../mqtt/mod.ts";
import type { SharedName } from "../../router/mod.ts";
import type { Connection } from "../connection/connection.ts";
import { readFilter } from "./filter.ts";
import type { FilterWork } from "../connection/filter_work.ts";
import { beginFilterWork, goOnLater, sendGated } from "./filter_list.ts";

/**
 * Handles UNSUBSCRIBE (3.10): each filter gets a code [MQTT-3.11.3-1], which 3.x
 * does not have. Exchanges in flight still complete [MQTT-3.10.4-3]. Returns false
 * when the same bytes have to come again.
 */
export function handleUnsubscribe(
  connection: Connection,
  chunk: Uint8Array,
  frame: Frame,
): boolean {
  const work = connection.filterWork ?? begin(connection, chunk, frame);
  const texts: string[] = [];
  const mayTakeEffect = work.read(
    frame,
    (at, slice) => decodeFilters(texts, chunk, at, frame.end, slice),
  );
  const filters = texts.map((text) => readFilter(text, connection));
  if (!mayTakeEffect) return goOnLater(connection);
  const session = connection.session!;
  const { router } = connection.context;
  const left: SharedName[] = [];
  for (const { filter, group } of filters) {
    const existed = router.unsubscribe(session, filter, group);
    if (existed) {
      if (group !== null) left.push({ name: group, filter });
      else session.queue.stopFeed(filter);
    }
    work.codes.push(
      existed ? ReasonCode.Success : ReasonCode.NoSubscriptionExisted,
    );
  }
  // Other members may get the waiting messages of its groups; the client may
  // still get its own (3.10.4).
  session.queue.leftGroups(left);
  if (!work.advance(frame)) return goOnLater(connection);
  connection.filterWork = null;
  const { packetId, codes } = work;
  sendGated(
    connection,
    11,
    packetId,
    encodeSuback(
      { type: 11, packetId, codes, properties: {} },
      connection.version,
    ),
  );
  return true;
}

function begin(
  connection: Connection,
  chunk: Uint8Array,
  frame: Frame,
): FilterWork {
  const head = decodeUnsubscribeHead(chunk, frame, connection.version);
  return beginFilterWork(connection, head, chunk, frame, 0);
}
