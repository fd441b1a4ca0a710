import assert from "node:assert/strict";
import { completeSettings } from "../../src/config/mod.ts";
import { explainSettings } from "../../src/broker/control/explain_settings.ts";
import { silentLog } from "../../src/broker/status/broker_log.ts";
import { property } from "../support/bytes.ts";
import { ManualClock } from "../support/manual_clock.ts";
import type { Version } from "../support/packets.ts";
import { conformance, type TestBroker } from "../support/test_broker.ts";

// `$CONTROL/` is where tools send commands to a broker, passwords among them.
// This one has none of those commands; no other client may see them either.

const COMMAND = "$CONTROL/dynamic-security/v1";
const SECRET = "createClient S3CRET";

const MOUNTS = ["", "site/", "a/b/"];
const NAMES = { 3: "3.1", 4: "3.1.1", 5: "5.0" } as const;

function reserved(
  name: string,
  body: (
    broker: TestBroker,
    version: Version,
    mountPoint: string,
  ) => Promise<void>,
): void {
  for (const mount_point of MOUNTS) {
    for (const version of [3, 4, 5] as const) {
      const where = mount_point === "" ? "" : ` behind ${mount_point}`;
      conformance(
        `$CONTROL: ${name}${where} (${NAMES[version]})`,
        (broker) => body(broker, version, mount_point),
        { listener: { mount_point } },
      );
    }
  }
}

const FILTERS: readonly [filter: string, isReserved: boolean][] = [
  ["$CONTROL", true],
  ["$CONTROL/#", true],
  ["$CONTROL/+/v1", true],
  [COMMAND, true],
  ["$share/g/$CONTROL/#", true],
  [`$share/g/${COMMAND}`, true],
  ["$CONTROLS/#", false],
  ["$control/#", false],
  ["x/$CONTROL/#", false],
  ["$share/$CONTROL/x", false],
  ["+/dynamic-security/v1", false],
  ["#", false],
];

reserved("no client may subscribe to it", async (broker, version) => {
  const client = await broker.connect(version, "c");
  for (const [filter, isReserved] of FILTERS) {
    await client.send(client.packets.subscribe(1, [filter]));
    const { type, codes } = await client.receive();
    assert.equal(type, 9);
    const refused = version === 5 ? 0x87 : 0x80;
    assert.deepEqual(codes, [isReserved ? refused : 0], filter);
  }
});

reserved(
  "a command is refused and reaches no subscriber",
  async (broker, version) => {
    const watcher = await broker.connect(5, "watcher");
    await watcher.subscribe(["#", "+/dynamic-security/v1", "$SYS/#"]);
    for (const topic of [COMMAND, "$CONTROL", "$CONTROL/"]) {
      for (const qos of [0, 1, 2]) {
        const client = await broker.connect(version, `c${qos}`);
        await client.publish({ topic, payload: SECRET, qos, retain: true });
        const [answer] = await client.receiveAll();
        if (version === 5 && qos > 0) assert.equal(answer.code, 0x87, topic);
        await client.drop();
      }
    }
    if (version === 5) {
      const client = await broker.connect(5, "alias");
      const properties = [property.topicAlias(1)];
      for (const topic of [COMMAND, ""]) {
        await client.publish({ topic, qos: 1, payload: SECRET, properties });
        await client.expectAck(4, 1, 0x87);
      }
    }
    await watcher.expectNothing();
  },
);

reserved("a will there is refused", async (broker, version) => {
  const client = broker.open(version);
  const will = { topic: COMMAND, payload: SECRET };
  await client.send(client.packets.connect({ clientId: "w", will }));
  await client.expectRefused(version === 5 ? 0x87 : 5);
});

reserved(
  "what begins alike is a topic like any other",
  async (broker, version) => {
    const client = await broker.connect(version, "c");
    await client.subscribe(["$CONTROLS/x", "x/$CONTROL"]);
    for (const topic of ["$CONTROLS/x", "x/$CONTROL"]) {
      await client.publish({ topic, payload: "p" });
      assert.equal((await client.receivePublish()).topic, topic);
    }
  },
);

for (const mount_point of MOUNTS) {
  Deno.test(`$CONTROL: explain says that it is the broker's own, mount point "${mount_point}"`, async () => {
    const settings = completeSettings({
      listener: [{ mount_point }],
      storage: { mode: "memory" },
    });
    for (const topic of [COMMAND, "$share/g/$CONTROL/v1", "$CONTROLS/v1"]) {
      const { actions } = await explainSettings(settings, {
        clientId: "c",
        username: null,
        password: null,
        hostname: "127.0.0.1",
        actions: [
          "subscribe",
          ...topic === COMMAND ? ["publish" as const] : [],
        ],
        topic,
        qos: 0,
        retain: false,
      }, { clock: new ManualClock(), log: silentLog });
      for (const { allowed, reason } of actions) {
        assert.equal(allowed, topic === "$CONTROLS/v1");
        if (!allowed) assert.match(reason, /broker's own/);
      }
    }
  });
}
