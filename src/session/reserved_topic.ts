const DOLLAR = 0x24;

/** Where a Mosquitto bridge says whether it is connected (`notifications`). */
const BRIDGE_STATE = "$SYS/broker/connection/";
const STATE = "/state";

/** Why a client may publish where `isOwnState`, for `dunlin explain`. */
export const OWN_STATE =
  "every bridge may publish its own state; no rule is asked";

/**
 * Whether `topic` is one that only the broker publishes to: `$SYS/`, also behind
 * a mount point, where clients would take it for the broker's. The state of a
 * bridge, `$SYS/broker/connection/+/state`, is left to clients.
 *
 * @param topic As the broker knows it, with the mount point.
 * @param mountPoint The listener's, "" for none.
 */
export function isReserved(topic: string, mountPoint: string): boolean {
  const start = mountPoint.length;
  return topic.startsWith("$SYS/", start) && !isBridgeState(topic, start);
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
