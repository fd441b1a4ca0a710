import type { StatusFigures } from "../protocol/mod.ts";
import { type Family, plain } from "./family.ts";

type Read = (figures: StatusFigures) => number;

/**
 * Figures by their names under `$SYS/broker/`, as sapcc/mosquitto-exporter makes
 * metrics of them: `/`, `-` and blanks become `_`.
 */
const FIGURES: readonly (readonly [topic: string, read: Read])[] = [
  ["bytes/received", ({ bytes }) => bytes.received],
  ["bytes/sent", ({ bytes }) => bytes.sent],
  ["messages/received", ({ packets }) => packets.received],
  ["messages/sent", ({ packets }) => packets.sent],
  ["publish/bytes/received", ({ payload }) => payload.received],
  ["publish/bytes/sent", ({ payload }) => payload.sent],
  ["publish/messages/received", ({ messages }) => messages.received],
  ["publish/messages/sent", ({ messages }) => messages.sent],
  ["publish/messages/dropped", ({ messages }) => messages.dropped],
  ["clients/connected", ({ clients }) => clients.connected],
  ["clients/active", ({ clients }) => clients.connected],
  ["clients/disconnected", ({ sessions }) => sessions.away],
  ["clients/inactive", ({ sessions }) => sessions.away],
  ["clients/maximum", ({ clients }) => clients.maximum],
  ["clients/total", ({ sessions }) => sessions.count],
  ["clients/expired", ({ sessions }) => sessions.expired],
  ["messages/stored", ({ messages }) => messages.queued + retained(messages)],
  ["store/messages/count", ({ messages }) => messages.queued],
  ["store/messages/bytes", ({ waiting }) => waiting.queued],
  ["subscriptions/count", ({ subscriptions }) => subscriptions.count],
  ["shared_subscriptions/count", ({ subscriptions }) => subscriptions.shared],
  ["retained messages/count", ({ messages }) => retained(messages)],
  ["heap/current", ({ process }) => process.allocated],
  ["heap/current size", ({ process }) => process.allocated],
  ["heap/maximum", ({ process }) => process.allocatedMaximum],
  ["heap/maximum size", ({ process }) => process.allocatedMaximum],
  ["uptime", ({ uptime }) => uptime],
];

const SPANS = ["1min", "5min", "15min"];

function retained(messages: StatusFigures["messages"]): number {
  return messages.retained + messages.ownRetained;
}

/** Returns the families with the names that Mosquitto's exporter gives them. */
export function mosquittoFamilies({ loads }: StatusFigures): Family[] {
  const averages = Object.keys(loads).flatMap((name) =>
    SPANS.map((span, index) =>
      family(`load/${name}/${span}`, (figures) => figures.loads[name][index])
    )
  );
  return [...FIGURES.map(([topic, read]) => family(topic, read)), ...averages];
}

function family(topic: string, read: Read): Family {
  return {
    name: `broker/${topic}`.replaceAll(/[/ -]/g, "_"),
    // Its counters lack `_total`: a typed one would be refused.
    type: "untyped",
    help: `$SYS/broker/${topic}`,
    samples: (figures) => plain(read(figures)),
  };
}
