import assert from "node:assert/strict";
import { conformance, eachVersion } from "../support/test_broker.ts";
import { SYS_INTERVAL, sysFigures } from "./sys_figures.ts";

eachVersion(
  "a place comes free however a connection ends",
  async (broker, version) => {
    const refused = broker.open(version);
    await refused.send(refused.packets.connect({ clientId: "x".repeat(2000) }));
    await refused.receiveAll();
    assert.ok(refused.closed);
    const silent = broker.open(version);
    await broker.advance(10_100);
    assert.ok(silent.closed, "the connect timeout");
    const lost = await broker.connect(version, "lost");
    await lost.drop();
    const bad = await broker.connect(version, "bad");
    await bad.send("00 00");
    await bad.receiveAll();
    assert.ok(bad.closed);
    const away = await broker.connect(version, { clientId: "a", keepAlive: 1 });
    await broker.advance(1600);
    await away.receiveAll();
    assert.ok(away.closed, "the keep alive");
    await broker.advance(2000);
    await broker.connect(version, "one");
    const second = broker.open(version);
    await second.expectClosed();
  },
  { limits: { max_connections: 1 } },
);

conformance(
  "what is turned away is counted for the operator to see",
  async (broker) => {
    const here = "10.1.1.1";
    broker.open(5, true, here);
    for (let at = 0; at < 3; at++) {
      await broker.open(5, true, here).expectClosed();
    }
    const figures = await sysFigures(broker);
    assert.equal(figures.get("clients/closed/too-many-connections"), "3");
  },
  {
    limits: { max_connections_per_address: 1 },
    sys: { interval: SYS_INTERVAL },
  },
);

for (const [timeout, early] of [[500, 400], [10_000, 9_900]]) {
  eachVersion(
    `a CONNECT that is not complete within ${timeout} ms is not waited for`,
    async (broker, version) => {
      const silent = broker.open(version);
      const slow = broker.open(version);
      const bytes = slow.packets.connect({ clientId: "slow" });
      await slow.send(bytes.subarray(0, bytes.length - 1));
      const good = broker.open(version);
      await broker.advance(early);
      await good.send(good.packets.connect({ clientId: "good" }));
      assert.equal((await good.receive()).code, 0);
      await silent.expectNothing();
      await slow.expectNothing();
      await broker.advance(timeout - early + 100);
      await silent.expectClosed();
      await slow.expectClosed();
      await good.expectAlive();
    },
    { listener: { connect_timeout: timeout } },
  );
}
