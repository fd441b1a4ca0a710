import assert from "node:assert/strict";
import { sharedBroker, versionNames } from "./matrix.ts";
import { mosquittoPub, MosquittoSub } from "./mosquitto_client.ts";
import { MqttJsClient } from "./mqttjs_client.ts";
import { PahoClient } from "./paho_client.ts";
import { mosquittoClients, paho, testWith } from "./programs.ts";

const broker = sharedBroker();

for (const version of [3, 4, 5] as const) {
  const name = `mosquitto_pub and mosquitto_sub, MQTT ${versionNames[version]}`;

  testWith([mosquittoClients], `${name}: each QoS`, async () => {
    const port = broker().port("tcp");
    for (const qos of [0, 1, 2]) {
      const topic = `m${version}/${qos}`;
      const both = ["-t", topic, "-q", `${qos}`];
      await using subscriber = await MosquittoSub.start(port, version, both);
      await mosquittoPub(port, version, [...both, "-m", "hello there"]);
      const payload = "hello there";
      const expected = { topic, payload, qos, retain: false };
      assert.deepEqual(await subscriber.next(), expected);
    }
  });

  testWith([mosquittoClients], `${name}: retained`, async () => {
    const port = broker().port("tcp");
    const topic = `m${version}/retained`;
    await mosquittoPub(port, version, ["-r", "-t", topic, "-m", "kept"]);
    await using subscriber = await MosquittoSub.start(port, version, [
      "-t",
      `m${version}/+`,
    ]);
    const expected = { topic, payload: "kept", qos: 0, retain: true };
    assert.deepEqual(await subscriber.next(), expected);
    await mosquittoPub(port, version, ["-r", "-t", topic, "-n"]);
  });

  testWith([mosquittoClients], `${name}: will after kill -9`, async () => {
    const port = broker().port("tcp");
    const topic = `m${version}/will`;
    await using watcher = await MosquittoSub.start(port, version, [
      ...["-t", topic, "-q", "1"],
    ]);
    const victim = await MosquittoSub.start(port, version, [
      ...["-t", "nothing", "--will-topic", topic, "--will-payload", "gone"],
      ...["--will-qos", "1"],
    ]);
    await victim.kill();
    const expected = { topic, payload: "gone", qos: 1, retain: false };
    assert.deepEqual(await watcher.next(), expected);
  });

  testWith([mosquittoClients], `${name}: a session kept`, async () => {
    const port = broker().port("tcp");
    const topic = `m${version}/session`;
    const args = ["-i", `m${version}`, "-c", "-q", "1", "-t", topic];
    if (version === 5) args.push("-x", "3600");
    const first = await MosquittoSub.start(port, version, args);
    await first.kill();
    await mosquittoPub(port, version, ["-t", topic, "-q", "1", "-m", "waited"]);
    await using second = await MosquittoSub.start(port, version, args);
    assert.equal((await second.next()).payload, "waited");
  });
}

testWith(
  [mosquittoClients, paho],
  "one message to three libraries in three versions over two transports",
  async () => {
    const tcp = broker().port("tcp");
    const websocket = broker().port("websocket");
    const topic = "all/of/them";
    await using mosquitto = await MosquittoSub.start(tcp, 3, [
      ...["-t", topic, "-q", "2"],
    ]);
    const clients = [
      await PahoClient.connect({
        ...{ transport: "websocket", port: websocket },
        ...{ version: 4, clientId: "all-paho" },
      }),
      await MqttJsClient.connect({
        ...{ transport: "websocket", port: websocket },
        ...{ version: 5, clientId: "all-mqttjs" },
      }),
    ];
    try {
      for (const client of clients) await client.subscribe(topic, 2);
      const payload = "grüße";
      await mosquittoPub(tcp, 5, ["-t", topic, "-q", "2", "-m", payload]);
      const expected = { topic, payload, qos: 2, retain: false };
      for (const receiver of [mosquitto, ...clients]) {
        assert.deepEqual(await receiver.next(), expected);
      }
    } finally {
      for (const client of clients) await client.kill();
    }
  },
);

testWith([mosquittoClients], "$SYS has Mosquitto's names", async () => {
  const port = broker().port("tcp");
  await using subscriber = await MosquittoSub.start(port, 4, [
    ...["-t", "$SYS/broker/+", "-t", "$SYS/broker/clients/connected"],
    ...["-t", "$SYS/broker/load/messages/received/1min"],
  ]);
  const seen = new Map<string, string>();
  while (seen.size < 4) {
    const { topic, payload } = await subscriber.next();
    seen.set(topic.replace("$SYS/broker/", ""), payload);
  }
  assert.match(seen.get("version")!, /^dunlin version \d+\.\d+\.\d+$/);
  assert.match(seen.get("uptime")!, /^\d+ seconds$/);
  assert.match(seen.get("clients/connected")!, /^\d+$/);
  assert.match(seen.get("load/messages/received/1min")!, /^\d+\.\d\d$/);
});
