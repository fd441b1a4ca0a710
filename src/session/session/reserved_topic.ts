import type { AccessQuestion } from "../../security/mod.ts";

const DOLLAR = 0x24;
const SLASH = 0x2f;

/** Where a Mosquitto bridge says whether it is connected (`notifications`). */
const BRIDGE_STATE = "$SYS/broker/connection/";
const STATE = "/state";

/** Why a client may publish where `isOwnState`, for `dunlin explain`. */
export const OWN_STATE =
  "every bridge may publish its own state; no rule is asked";

/**
 * The first level of commands to a broker, as Mosquitto and its tools use it.
 * They may hold passwords, and no other client has any business with them.
 */
const CONTROL = "$CONTROL";

/**
 * Whether clients may not publish to `topic`: `$SYS/`, to which only the broker
 * publishes, and `$CONTROL/`, also behind a mount point, where clients would
 * take it for the broker's. The state of a bridge,
 * `$SYS/broker/connection/+/state`, is left to clients.
 *
 * @param topic As the broker knows it, with the mount point.
 * @param mountPoint The listener's, "" for none.
 */
export function isReserved(topic: string, mountPoint: string): boolean {
  const start = mountPoint.length;
  return isControl(topic, start) ||
    (topic.startsWith("$SYS/", start) && !isBridgeState(topic, start));
}

/**
 * Whether clients may not subscribe to `filter`: `$CONTROL` and all below it.
 * A leading wildcard does not match it [MQTT-4.7.2-1].
 *
 * @param filter With the mount point, without any `$share/group/`.
 * @param mountPoint The listener's, "" for none.
 */
export function isReservedFilter(filter: string, mountPoint: string): boolean {
  return isControl(filter, mountPoint.length);
}

/** Why a client may not do what `isReserved`, for `dunlin explain`. */
export const RESERVED = "topics like this are the broker's own";

/** Whether no rule is asked about the question, as the topic is reserved. */
export function refusesReserved(
  { action, topic }: Pick<AccessQuestion, "action" | "topic">,
  mountPoint: string,
): boolean {
  return action === "subscribe"
    ? isReservedFilter(topic, mountPoint)
    : action === "publish" && isReserved(topic, mountPoint);
}

/** Whether the level at `start` is `$CONTROL`. */
function isControl(text: string, start: number): boolean {
  const end = start + CONTROL.length;
  return text.startsWith(CONTROL, start) &&
    (text.length === end || text.charCodeAt(end) === SLASH);
}

function isBridgeState(topic: string, start: number): boolean {
  const name = start + BRIDGE_STATE.length;
  return topic.startsWith(BRIDGE_STATE, start) &&
    topic.indexOf("/", name) === topic.length - STATE.length &&
    topic.endsWith(STATE);
}

/**
 * Whether `topic` is where the bridge `clientId` says its state. No access rule
 * is asked about it: Mosquitto's bridges publish there without being told to,
 * and a refused will would refuse the bridge.
 *
 * @param topic As the broker knows it, with the mount point.
 * @param mountPoint The listener's, "" for none.
 */
export function isOwnState(
  topic: string,
  mountPoint: string,
  clientId: string,
): boolean {
  const start = mountPoint.length;
  return topic.charCodeAt(start) === DOLLAR &&
    topic.length ===
      start + BRIDGE_STATE.length + clientId.length + STATE.length &&
    isBridgeState(topic, start) &&
    topic.startsWith(clientId, start + BRIDGE_STATE.length);
}
