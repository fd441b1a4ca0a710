import { matches } from "./clients/subscriber.ts";
import { nameOf, payloadOf, type SimulatedMessage } from "./ledger.ts";
import type { Ledger } from "./ledger.ts";
import type { Stage } from "./steps.ts";

/** Judges a simulation that is at rest, with all clients connected. */
export function judge(stage: Stage, ledger: Ledger): void {
  for (const { id, isOpen, unfinished } of stage.clients) {
    if (!isOpen) ledger.fault(`${id}: it cannot connect`);
    else if (unfinished !== "") ledger.fault(`${id}: ${unfinished}`);
  }
  judgeArrivals(stage, ledger);
  judgeShared(stage, ledger);
  judgeCounters(stage, ledger);
}

/** All that was acknowledged has arrived, unless the mode allows its loss. */
function judgeArrivals({ cast }: Stage, ledger: Ledger): void {
  for (const publisher of cast.publishers) {
    for (const message of publisher.unacknowledged) {
      ledger.fault(
        `${publisher.id}: ${nameOf(message)} is never acknowledged`,
      );
    }
  }
  for (const { id, subscriptions, expiry } of cast.subscribers) {
    const arrivals = ledger.arrivalsOf(id);
    for (const serial of arrivals.keys()) {
      const message = ledger.messages[serial - 1];
      if (message.mustNot) ledger.fault(`${id}: ${nameOf(message)} arrives`);
    }
    for (const { filter, since, qos } of subscriptions) {
      if (filter.startsWith("$share/") || qos === 0 || expiry === 0) continue;
      for (const message of ledger.messages) {
        if (!isDue(message, filter, since)) continue;
        if (arrivals.get(message.serial)?.isLive) continue;
        ledger.fault(`${id}: ${nameOf(message)} is lost`);
      }
    }
  }
}

/** Whether it has to arrive at a subscription to `filter` since `since`. */
function isDue(
  message: SimulatedMessage,
  filter: string,
  since: number,
): boolean {
  const { ackedAt, sentAt, mayBeLost, mustNot, expiry, isEmpty } = message;
  return ackedAt > 0 && !mayBeLost && !mustNot && expiry === 0 && !isEmpty &&
    sentAt > since && matches(filter, message.topic);
}

/** One member of a shared group gets it, and at QoS 2 only one. */
function judgeShared({ cast }: Stage, ledger: Ledger): void {
  const members = cast.subscribers.filter(({ subscriptions }) =>
    subscriptions[0].filter.startsWith("$share/")
  );
  if (members.length === 0) return;
  const filter = "s/#";
  // A member that left took with it what it had not acknowledged.
  const since = Math.max(
    ...members.map(({ subscriptions }) => subscriptions[0].since),
  );
  for (const message of ledger.messages) {
    if (!matches(filter, message.topic)) continue;
    let count = 0;
    let mayDouble = message.mayDouble;
    for (const { id } of members) {
      const arrival = ledger.arrivalsOf(id).get(message.serial);
      if (arrival === undefined) continue;
      count += arrival.count;
      mayDouble ||= arrival.mayDouble;
    }
    if (count === 0 && isDue(message, filter, since)) {
      ledger.fault(`the shared group: ${nameOf(message)} is lost`);
    }
    if (count > 1 && message.qos === 2 && !mayDouble) {
      ledger.fault(`the shared group: ${nameOf(message)} arrives twice`);
    }
  }
}

/** Nothing but wills waits any more, and the figures say so. */
function judgeCounters({ host, clients, cast }: Stage, ledger: Ledger): void {
  const { broker } = host;
  if (broker === null || !host.isStarted) {
    return ledger.fault("the broker does not run");
  }
  const { state } = broker;
  const open = clients.filter(({ isOpen }) => isOpen).length;
  const expected = {
    clients: open,
    queued: 0,
    queued_bytes: cast.wills.reduce((sum, { held }) => sum + held, 0),
    outbound_bytes: 0,
    health: "ok",
  };
  for (const [name, value] of Object.entries(expected)) {
    const found = state[name as keyof typeof expected];
    if (found === value) continue;
    ledger.fault(`the figure ${name} is ${found} instead of ${value}`);
  }
}

/** What `found` says by topic is what was retained last. */
export function judgeRetained(
  found: ReadonlyMap<string, string>,
  ledger: Ledger,
): void {
  const topics = new Map<string, SimulatedMessage[]>();
  for (const message of ledger.messages) {
    if (!message.retain || message.sentAt === 0) continue;
    const list = topics.get(message.topic);
    if (list === undefined) topics.set(message.topic, [message]);
    else list.push(message);
  }
  for (const [topic, messages] of topics) {
    const certain = messages.findLastIndex(({ ackedAt, mayBeLost }) =>
      ackedAt > 0 && !mayBeLost
    );
    const payload = found.get(topic) ?? "";
    const at = payload === ""
      ? -1
      : messages.findIndex((message) => payloadOf(message) === payload);
    if (payload !== "" && at < 0) {
      ledger.fault(`retained on ${topic}: "${payload}", never published there`);
    } else if (payload === "") {
      const mayBeEmpty = certain < 0 ||
        messages.slice(certain).some(({ isEmpty }) => isEmpty);
      if (!mayBeEmpty) {
        ledger.fault(
          `retained on ${topic}: nothing, not ${
            nameOf(messages[certain])
          } or later`,
        );
      }
    } else if (at < certain) {
      ledger.fault(
        `retained on ${topic}: ${payload}, older than ${
          nameOf(messages[certain])
        }`,
      );
    }
  }
}
