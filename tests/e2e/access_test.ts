import assert from "node:assert/strict";
import mqtt from "mqtt";
import { BrokerProcess } from "../support/process.ts";
import { within } from "../support/wait.ts";

/** Rules as their authors write them, in both places. */
async function ruledBroker(aclFile: string): Promise<BrokerProcess> {
  await Deno.writeTextFile(
    aclFile,
    "user ann\ntopic readwrite home/#\ntopic deny home/safe\n",
  );
  return await BrokerProcess.start({
    config: `
[[listener]]
bind = "127.0.0.1"
port = 0
allow_anonymous = true

[[group]]
name = "staff"
members = "ann"

[[acl]]
group = "staff"
action = "publish"
topic = "work/%u/#"

[access]
acl_file = "${aclFile}"
explain = true
`,
  });
}

Deno.test("MQTT.js: rules of the settings and of a Mosquitto file, refusals with file and line", async () => {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-acl-" });
  try {
    const file = `${folder}/rules.acl`;
    await using broker = await ruledBroker(file);
    const client = await within(
      "the client",
      mqtt.connectAsync(`mqtt://127.0.0.1:${broker.port()}`, {
        protocolVersion: 5,
        username: "ann",
        reconnectPeriod: 0,
      }),
    );
    const got: string[] = [];
    const reasons: (string | undefined)[] = [];
    client.on("message", (topic) => got.push(topic));
    client.on("packetreceive", (packet) => {
      if (packet.cmd !== "puback" && packet.cmd !== "suback") return;
      reasons.push(packet.properties?.reasonString);
    });
    const [granted] = await client.subscribeAsync("home/#", { qos: 1 });
    assert.equal(granted.qos, 1);
    for (const topic of ["home/lamp", "work/ann/x"]) {
      await client.publishAsync(topic, "x", { qos: 1 });
    }
    for (const topic of ["home/safe", "work/bob/x"]) {
      const refused = client.publishAsync(topic, "x", { qos: 1 });
      await assert.rejects(refused, { code: 0x87 });
    }
    await assert.rejects(client.subscribeAsync("home/safe", { qos: 1 }));
    assert.deepEqual(got, ["home/lamp"]);
    assert.deepEqual(reasons.slice(0, 3), [undefined, undefined, undefined]);
    assert.equal(reasons[3], `denied by ${file}:3`);
    assert.match(`${reasons[4]}`, /^no rule allows it/);
    assert.equal(reasons[5], `denied by ${file}:3`);
    await client.endAsync(true);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
