import type { TestBroker } from "../support/test_broker.ts";

/** Milliseconds between two reports in tests that read the figures. */
export const SYS_INTERVAL = 1000;

/**
 * What the broker says of itself under `$SYS/broker/`, by the rest of the
 * topic name. The broker must report every `SYS_INTERVAL`: time moves on by
 * that much, so that what is read is of now.
 */
export async function sysFigures(
  broker: TestBroker,
  filter = "$SYS/broker/#",
): Promise<Map<string, string>> {
  await broker.advance(SYS_INTERVAL);
  const client = await broker.connect(5, "observer");
  await client.subscribe([filter]);
  const figures = new Map<string, string>();
  for (const { topic, payload } of await client.receiveAll()) {
    figures.set(topic.slice("$SYS/broker/".length), payload);
  }
  await client.disconnect();
  return figures;
}

/** How many messages were dropped, by reason; only those that were. */
export async function drops(
  broker: TestBroker,
): Promise<Record<string, number>> {
  const figures = await sysFigures(broker, "$SYS/broker/dropped/+");
  const counts: Record<string, number> = {};
  for (const [name, count] of figures) {
    if (count !== "0") counts[name.slice("dropped/".length)] = Number(count);
  }
  return counts;
}
