import assert from "node:assert/strict";
import { BrokerProcess } from "../support/process.ts";
import { Workshop } from "../support/workshop.ts";
import { mosquittoPub, MosquittoSub } from "./mosquitto_client.ts";
import { mosquittoBroker, mosquittoClients, testWith } from "./programs.ts";

/** Rules that say nothing of `$SYS`, as one writes them for a site. */
const config = `
[[listener]]
bind = "127.0.0.1"
port = 0
allow_anonymous = true

[[acl]]
topic = ["up/#", "down/#"]

[[acl]]
action = "subscribe"
topic = "$SYS/#"
`;

/** Mosquitto as it comes, told only where to connect and what to pass on. */
async function startBridge(
  workshop: Workshop,
  to: number,
  protocol: string,
): Promise<Deno.ChildProcess> {
  const file = workshop.path("mosquitto.conf");
  await Deno.writeTextFile(
    file,
    `user root
allow_anonymous true
listener 0 ${workshop.path("socket")}
connection site
address 127.0.0.1:${to}
remote_clientid site
bridge_protocol_version ${protocol}
topic up/# out 1
topic down/# in 1
restart_timeout 1
`,
  );
  return new Deno.Command(mosquittoBroker.command!, {
    args: ["-c", file],
    stdout: "null",
    stderr: "null",
  }).spawn();
}

for (const protocol of ["mqttv31", "mqttv311", "mqttv50"]) {
  testWith(
    [mosquittoBroker, mosquittoClients],
    `a Mosquitto bridge with its own settings, ${protocol}: state, messages both ways, will`,
    async () => {
      await using workshop = await Workshop.open();
      await using broker = await BrokerProcess.start({ config });
      const port = broker.port();
      const topic = "$SYS/broker/connection/site/state";
      await using watcher = await MosquittoSub.start(port, 4, [
        ...["-t", "$SYS/broker/connection/+/state", "-t", "up/#"],
      ]);
      const mosquitto = await startBridge(workshop, port, protocol);
      try {
        const up = { qos: 0, retain: false, topic, payload: "1" };
        assert.deepEqual(await watcher.next(), up);
        const local = ["--unix", workshop.path("socket")];
        const sent = ["-q", "1", "-t", "up/x", "-m", "sent up"];
        await mosquittoPub(port, 4, [...local, ...sent]);
        assert.equal((await watcher.next()).payload, "sent up");
        // Retained, as the bridge may not have subscribed yet.
        await mosquittoPub(port, 4, ["-r", "-t", "down/x", "-m", "sent down"]);
        const args = [...local, "-t", "down/#"];
        await using below = await MosquittoSub.start(port, 4, args);
        assert.equal((await below.next()).payload, "sent down");
      } finally {
        mosquitto.kill("SIGKILL");
        await mosquitto.status;
      }
      const down = { qos: 0, retain: false, topic, payload: "0" };
      assert.deepEqual(await watcher.next(), down);
    },
  );
}
