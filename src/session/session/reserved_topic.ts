import type { AccessQuestion } from "../../security/mod.ts";

const DOLLAR = 0x24;
const SLASH = 0x2f;

/** Beginning of the state topics of Mosquitto bridges (`notifications`). */
const BRIDGE_STATE = "$SYS/broker/connection/";
const STATE = "/state";

/** Reason of `dunlin explain` for topics where `isOwnState`. */
export const OWN_STATE =
  "every bridge may publish its own state; no rule is asked";

/**
 * First level of commands to a broker, as in Mosquitto and its tools. The commands
 * may have passwords, so no client may use these topics.
 */
const CONTROL = "$CONTROL";

/**
 * Returns whether clients may not publish to `topic`: `$SYS/`, to which only the
 * broker publishes, and `$CONTROL/`, also behind a mount point, where clients
 * would take it for the broker's. Bridges publish their state to
 * `$SYS/broker/connection/+/state`.
 *
 * @param topic The topic with the mount point.
 * @param mountPoint The listener's, "" for none.
 */
export function isReserved(topic: string, mountPoint: string): boolean {
  const start = mountPoint.length;
  return isControl(topic, start) ||
    (topic.startsWith("$SYS/", start) && !isBridgeState(topic, start));
}

/**
 * Returns whether clients may not subscribe to `filter`: `$CONTROL` and all below
 * it. A leading wildcard does not match it [MQTT-4.7.2-1].
 *
 * @param filter With the mount point, without any `$share/group/`.
 * @param mountPoint The listener's, "" for none.
 */
export function isReservedFilter(filter: string, mountPoint: string): boolean {
  return isControl(filter, mountPoint.length);
}

/** Reason of a refusal where `isReserved`. */
export const RESERVED = "topics like this are the broker's own";

/** Returns whether the topic of the question is reserved, whatever the rules. */
export function refusesReserved(
  { action, topic }: Pick<AccessQuestion, "action" | "topic">,
  mountPoint: string,
): boolean {
  return action === "subscribe"
    ? isReservedFilter(topic, mountPoint)
    : action === "publish" && isReserved(topic, mountPoint);
}

/** Returns whether the level at `start` is `$CONTROL`. */
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
 * Returns whether `topic` is the state topic of the bridge `clientId`, which every
 * bridge may publish to: Mosquitto's bridges do so by default, and a refused will
 * would refuse the bridge.
 *
 * @param topic The topic with the mount point.
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
