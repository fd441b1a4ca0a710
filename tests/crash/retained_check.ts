import { Packets, puback, pubrec } from "../support/packets.ts";
import type { Account, Published } from "./account.ts";
import { now, pause, until } from "./time.ts";
import type { Verdict } from "./verdict.ts";
import { Wire } from "./wire.ts";

/** Ms that a value which has been removed gets to show up again. */
const QUIET = 60;

/** Ms that retained messages may take. */
const PATIENCE = 10_000;

/** The last retained message of each topic that has to be known by now. */
function lastAcknowledged(
  account: Account,
  verdict: Verdict,
): Map<string, Published> {
  const last = new Map<string, Published>();
  for (const message of account.messages) {
    const { retain, topic, acknowledgedAt } = message;
    if (retain && acknowledgedAt > 0 && !verdict.wasInWindow(acknowledgedAt)) {
      last.set(topic, message);
    }
  }
  return last;
}

/**
 * Subscribes to all retained topics: each must have the last value that was
 * acknowledged, or a later one. `isFinal`: looks for removed ones a little
 * longer. Returns what is wrong, in words; null when nobody answered.
 */
export async function checkRetained(
  port: number,
  account: Account,
  verdict: Verdict,
  isFinal: boolean,
): Promise<string[] | null> {
  const wire = await Wire.open(port, 4);
  if (wire === null) return null;
  const packets = new Packets(4);
  const values = new Map<string, Published>();
  const wrong: string[] = [];
  let isSubscribed = false;
  const reading = wire.read((packet) => {
    if (packet.type === 9) isSubscribed = true;
    if (packet.type !== 3) return;
    if (packet.qos === 1) wire.send(puback(packet.packetId));
    if (packet.qos === 2) wire.send(pubrec(packet.packetId));
    const message = account.find(packet.payload);
    if (!packet.retain) return;
    if (message === undefined) {
      wrong.push(`${packet.topic} has a value that nobody published`);
    } else values.set(packet.topic, message);
  });
  const wanted = lastAcknowledged(account, verdict);
  wire.send(packets.connect({ clientId: "retained", clean: true }));
  wire.send(packets.subscribe(1, [["r/#", 1]]));
  const isThere = () =>
    isSubscribed &&
    [...wanted.values()].every((one) =>
      one.payload === "" || values.has(one.topic) ||
      removedSince(account, one)
    );
  await until(() => isThere() || !wire.isOpen, PATIENCE);
  if (isFinal) await pause(QUIET);
  const wasOpen = wire.isOpen;
  wire.close();
  await reading;
  if (!wasOpen) return null;
  wrong.push(...compare(account, wanted, values));
  return wrong;
}

/** Whether `message` may have been removed by a later one, acknowledged or not. */
function removedSince(account: Account, message: Published): boolean {
  for (const one of account.messages) {
    if (
      one.topic === message.topic && one.payload === "" &&
      one.order > message.order && !one.refused
    ) return true;
  }
  return false;
}

function compare(
  account: Account,
  wanted: Map<string, Published>,
  values: Map<string, Published>,
): string[] {
  const wrong: string[] = [];
  for (const [topic, last] of wanted) {
    const value = values.get(topic);
    const should = `${last.name}${last.payload === "" ? " (removes it)" : ""}` +
      `, acknowledged at ${account.tell(last.acknowledgedAt)}`;
    if (value === undefined) {
      if (last.payload !== "" && !removedSince(account, last)) {
        wrong.push(
          `${topic} has no value at ${account.tell(now())}; ${should}`,
        );
      }
    } else if (value.order < last.order) {
      wrong.push(
        `${topic} has the value of ${value.name}, older than ${should}`,
      );
    }
  }
  return wrong;
}
