import assert from "node:assert/strict";
import { completeSettings } from "../../src/config/mod.ts";
import {
  CLOSE_REASONS,
  DROP_REASONS,
  PAUSE_REASONS,
} from "../../src/session/mod.ts";
import { staying } from "../support/packets.ts";
import { conformance } from "../support/test_broker.ts";
import { SYS_INTERVAL, sysFigures } from "./sys_figures.ts";

conformance(
  "figures are reported every interval, and only those that have changed",
  async (broker) => {
    const client = await broker.connect(5, "watcher");
    await client.subscribe(["$SYS/broker/uptime"]);
    assert.equal((await client.receivePublish()).payload, "0 seconds");
    await broker.advance(4900);
    await client.expectNothing();
    await broker.advance(100);
    assert.equal((await client.receivePublish()).payload, "5 seconds");
    await client.subscribe(["$SYS/broker/clients/maximum"]);
    assert.equal((await client.receivePublish()).payload, "1");
    await broker.advance(5000);
    const topics = (await client.receiveAll()).map((one) => one.topic);
    assert.deepEqual(topics, ["$SYS/broker/uptime"]);
  },
  { sys: { interval: 5000 } },
);

conformance(
  "with an interval of 0 there are no figures",
  async (broker) => {
    const client = await broker.connect(5);
    await client.subscribe(["$SYS/#"]);
    await broker.advance(60_000);
    await client.expectNothing();
  },
  { sys: { interval: 0 } },
);

conformance(
  "every reason to drop, to close or to pause has a figure of its own",
  async (broker) => {
    const figures = await sysFigures(broker);
    for (const reason of DROP_REASONS) {
      assert.equal(figures.get(`dropped/${reason}`), "0", reason);
    }
    for (const reason of CLOSE_REASONS) {
      assert.equal(figures.get(`clients/closed/${reason}`), "0", reason);
    }
    for (const reason of PAUSE_REASONS) {
      assert.equal(figures.get(`clients/paused/${reason}`), "0", reason);
    }
  },
  { sys: { interval: SYS_INTERVAL } },
);

conformance(
  "a pause in reading is counted once, when it begins",
  async (broker) => {
    const client = await broker.connect(5, "fast");
    for (let n = 0; n < 3; n++) await client.publish({ topic: "t" });
    await broker.advance(5000);
    const figures = await sysFigures(broker);
    assert.equal(figures.get("clients/paused/rate"), "1");
  },
  { limits: { publish_rate: 1 }, sys: { interval: SYS_INTERVAL } },
);

conformance(
  "the figures are those of Mosquitto's names, and they are right",
  async (broker) => {
    const away = await broker.connect(5, staying(5, "away"));
    await away.subscribe([["t/#", 1], ["$share/g/x", 0]]);
    await away.disconnect();
    const here = await broker.connect(4, "here");
    await here.subscribe(["t/1"]);
    const client = await broker.connect(5, "publisher");
    for (let id = 1; id <= 3; id++) {
      await client.publish({ topic: `t/${id}`, payload: "12345", qos: 1, id });
      await client.expectAck(4, id);
    }
    await client.publish({ topic: "kept", payload: "1", retain: true });
    await here.receivePublish();
    const figures = await sysFigures(broker);
    const expected = {
      "clients/total": "3",
      "clients/connected": "2",
      "clients/disconnected": "1",
      "clients/maximum": "2",
      "clients/expired": "0",
      "publish/messages/received": "4",
      "publish/messages/sent": "1",
      "publish/bytes/received": "16",
      "publish/bytes/sent": "5",
      "publish/messages/dropped": "0",
      "subscriptions/count": "3",
      "shared_subscriptions/count": "1",
      "store/messages/count": "3",
      "uptime": "1 seconds",
      "clients/closed/client-disconnect": "1",
    };
    const actual = Object.keys(expected).map((name) => [
      name,
      figures.get(name),
    ]);
    assert.deepEqual(Object.fromEntries(actual), expected);
    for (const name of ["messages/received", "bytes/sent", "connections"]) {
      for (const span of ["1min", "5min", "15min"]) {
        assert.ok(Number(figures.get(`load/${name}/${span}`)) > 0, name);
      }
    }
    const others = [...figures.keys()];
    assert.ok(others.includes("retained messages/count"));
    assert.match(figures.get("version") ?? "", /dunlin/);
    const heap = Number(figures.get("heap/current"));
    assert.ok(heap > 1e6 && heap < 1e10, `${heap} bytes`);
    assert.ok(Number(figures.get("heap/maximum")) >= heap);
    // A session that expires is counted as that.
    await broker.advance(1_001_000);
    assert.equal((await sysFigures(broker)).get("clients/expired"), "1");
  },
  { sys: { interval: SYS_INTERVAL } },
);

conformance(
  "figures of logins end with the authenticators",
  async (broker) => {
    const { settings } = broker.broker;
    const auth = completeSettings({ auth: [{ type: "users" }] }).auth;
    const published = async (id: string) => {
      await broker.advance(5000);
      const client = await broker.connect(5, id);
      await client.subscribe(["$SYS/broker/logins/+"]);
      return (await client.receiveAll()).map(({ payload }) => payload);
    };
    await broker.broker.reload({ ...settings, auth });
    assert.deepEqual(await published("a"), ["0", "0", "0"]);
    await broker.broker.reload(settings);
    assert.deepEqual(await published("b"), []);
  },
  { sys: { interval: 5000 }, listener: { allow_anonymous: true } },
);
