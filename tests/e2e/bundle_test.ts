import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { BrokerProcess, runDunlin } from "../support/process.ts";
import { within } from "../support/wait.ts";
import { mosquittoClients, paho, testWith } from "./programs.ts";

const deno = fileURLToPath(new URL("../../deno.json", import.meta.url));

/** Runs a program in `folder` to its end; returns what it printed. */
async function run(
  folder: string,
  command: string,
  ...args: readonly string[]
): Promise<string> {
  const child = new Deno.Command(command, {
    args: [...args],
    cwd: folder,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const { success, stdout, stderr } = await within(command, child.output());
  const text = new TextDecoder();
  const said = text.decode(stdout) + text.decode(stderr);
  assert.ok(success, `${command} ${args.join(" ")}\n${said}`);
  return said;
}

/** What stands between the fences of that language in a README. */
function fenced(readme: string, language: string): string {
  const match = readme.match(
    new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, "ms"),
  );
  assert.ok(match, `no ${language}`);
  return match[1];
}

testWith(
  [mosquittoClients, paho],
  "authority: what cert issue says to paste connects with mosquitto, MQTT.js and Paho",
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "dunlin-bundle-" });
    try {
      const authority = `${folder}/authority`;
      const bundle = `${folder}/pump`;
      const issued = await runDunlin([
        ...["cert", "issue", "pump", "--host", "localhost", "--out", bundle],
        ...["--authority", authority],
      ]);
      // Certificates come from an authority; a broker's start makes one.
      assert.equal(issued.code, 1);
      assert.match(issued.stderr, /dunlin ca create/);
      for (
        const args of [
          ["ca", "create"],
          ["cert", "issue", "pump", "--host", "localhost", "--out", bundle],
        ]
      ) {
        const said = await runDunlin([...args, "--authority", authority]);
        assert.equal(said.code, 0, said.stderr);
      }
      await using broker = await BrokerProcess.start({
        config: `
          [[listener]]
          type = "tls"
          port = 0
          client_certificates = "authorized"
          [authority]
          path = ${JSON.stringify(authority)}
        `,
      });
      // A port that nobody can know before; else the lines are as they are.
      const readme = (await Deno.readTextFile(`${bundle}/README.md`))
        .replaceAll("8883", String(broker.port()));
      const [subscribe, publish] = fenced(readme, "sh").trim().split("\n");
      await run(bundle, "sh", "-c", `${publish} -r -q 1`);
      const heard = () =>
        run(bundle, "sh", "-c", `${subscribe} -C 1 -F "%t %p"`);
      assert.equal(await heard(), "hello world\n");

      const python = fenced(readme, "python").replace(
        `    "world",`,
        `    "from Paho", 1, True,`,
      );
      await run(bundle, paho.command!, "-c", python);
      assert.equal(await heard(), "hello from Paho\n");

      const script = fenced(readme, "js").replace(
        `client.publish("hello", "world")`,
        `client.publish("hello", "from MQTT.js", { qos: 1, retain: true },
          () => client.end())`,
      );
      await Deno.writeTextFile(`${bundle}/client.mjs`, script);
      const args = ["run", "--allow-all", "--no-lock", "--config", deno];
      await run(bundle, Deno.execPath(), ...args, "client.mjs");
      assert.equal(await heard(), "hello from MQTT.js\n");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
