import assert from "node:assert/strict";
import { conformance, type TestBrokerOptions } from "../support/test_broker.ts";
import type { TestBroker } from "../support/test_broker.ts";
import type { Version } from "../support/packets.ts";
import { testRules } from "../support/rules.ts";

/** `$SYS/broker/connection/site/state`: the state of the bridge `site`. */
const STATE = "$SYS/broker/connection/site/state";

const NAMES = { 3: "3.1", 4: "3.1.1", 5: "5.0" } as const;

/** Connects as Mosquitto's bridges do: the mark in the level, a retained will. */
function bridge(broker: TestBroker, version: Version, topic = STATE) {
  return broker.connect(version, {
    clientId: "site",
    level: version | 0x80,
    will: { topic, payload: "0", qos: 1, retain: true },
  });
}

function bridges(
  name: string,
  options: TestBrokerOptions,
  body: (broker: TestBroker, version: Version) => Promise<void>,
): void {
  for (const version of [3, 4, 5] as const) {
    conformance(
      `bridge: ${name} (${NAMES[version]})`,
      (broker) => body(broker, version),
      options,
    );
  }
}

/** The state that a client sees which comes now. */
async function stateAt(broker: TestBroker): Promise<string[]> {
  const watcher = await broker.connect(5, "watcher");
  await watcher.subscribe(["$SYS/broker/connection/+/state"]);
  const packets = await watcher.receiveAll();
  await watcher.disconnect();
  return packets.map(({ payload }) => payload);
}

async function tellsItsState(
  broker: TestBroker,
  version: Version,
): Promise<void> {
  const client = await bridge(broker, version);
  await client.publish({ topic: STATE, payload: "1", qos: 1, retain: true });
  await client.expectAck(4, 1);
  assert.deepEqual(await stateAt(broker), ["1"]);
  await client.drop();
  assert.deepEqual(await stateAt(broker), ["0"]);
}

bridges("its state is retained, and its will after it", {}, tellsItsState);

bridges("rules that allow nothing leave it its own state", {
  authorizer: testRules({ publish: () => false }),
}, async (broker, version) => {
  await tellsItsState(broker, version);
  // Another bridge's state is what the rules say.
  const other = broker.open(version);
  await other.send(other.packets.connect({
    clientId: "other",
    will: { topic: STATE, payload: "0" },
  }));
  await other.expectRefused(version === 5 ? 0x87 : 5);
  const liar = await broker.connect(version, "liar");
  await liar.publish({ topic: STATE, payload: "1", retain: true });
  assert.deepEqual(await stateAt(broker), ["0"]);
});

bridges("the rest of $SYS stays the broker's", {}, async (broker, version) => {
  const prefix = "$SYS/broker/connection";
  for (
    const topic of [
      "$SYS/x",
      prefix,
      `${prefix}/state`,
      `${prefix}/site/status`,
      `${prefix}/a/b/state`,
      `${prefix}/site/state/x`,
    ]
  ) {
    const client = broker.open(version);
    await client.send(client.packets.connect({
      clientId: "site",
      will: { topic, payload: "0" },
    }));
    await client.expectRefused(version === 5 ? 0x87 : 5);
  }
});

bridges(
  "a subscription gives it the retained messages of others, not its own",
  {},
  async (broker, version) => {
    const client = await bridge(broker, version);
    await client.publish({ topic: "own", payload: "1", retain: true });
    const other = await broker.connect(5, "other");
    await other.publish({ topic: "other", payload: "2", retain: true });
    await client.subscribe(["own", "other"]);
    const topics = (await client.receiveAll()).map(({ topic }) => topic);
    assert.deepEqual(topics, ["other"]);
  },
);
