import assert from "node:assert/strict";
import { installation } from "../../tools/install_programs.ts";
import { commandOf, paho, testPrograms } from "../../tools/test_programs.ts";

const commands = (packages: readonly string[], hasSystemd: boolean) =>
  installation(packages, hasSystemd).map(({ command }) => command.join(" "));

const apt = "apt-get install -y -qq --no-install-recommends " +
  "-o Dpkg::Options::=--force-unsafe-io";

Deno.test("test programs: where no service can be started, apt alone installs them", () => {
  assert.deepEqual(commands(["mosquitto", "curl"], false), [
    "apt-get update -qq",
    `${apt} mosquitto curl`,
  ]);
  assert.deepEqual(commands(["curl"], true), [
    "apt-get update -qq",
    `${apt} curl`,
  ]);
});

Deno.test("test programs: Mosquitto is installed without its service", () => {
  assert.deepEqual(commands(["mosquitto"], true), [
    "systemctl mask --runtime mosquitto.service",
    "apt-get update -qq",
    `${apt} mosquitto`,
    "systemctl disable mosquitto.service",
    "systemctl unmask --runtime mosquitto.service",
  ]);
});

Deno.test("test programs: the first command that works is taken", () => {
  const program = {
    ...{ package: "deno", probe: ["--version"], succeeds: true },
    commands: ["/no/such/program", Deno.execPath(), "another"],
  };
  assert.equal(commandOf(program), Deno.execPath());
  assert.equal(commandOf({ ...program, commands: ["/no/such"] }), undefined);
  assert.equal(commandOf({ ...program, probe: ["no-such-file"] }), undefined);
  assert.equal(
    paho.commands[0],
    "/usr/bin/python3",
    "that of Debian's package",
  );
});

/** Every Debian has them. */
const everywhere = [
  ...["bash", "chown", "env", "mkfifo", "mount", "nsenter", "setpriv", "sh"],
  ...["stdbuf", "tar", "true", "unshare"],
];

Deno.test("test programs: tests start no program that is not installed for them", async () => {
  const known = new Set([
    ...everywhere,
    ...testPrograms.flatMap((one) => one.commands),
  ]);
  const unknown: string[] = [];
  const look = async (folder: URL): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      const url = new URL(isDirectory ? `${name}/` : name, folder);
      if (isDirectory) await look(url);
      else if (name.endsWith(".ts")) {
        const text = await Deno.readTextFile(url);
        const started = text.matchAll(/new Deno\.Command\(\s*"([^"]+)"/g);
        for (const [, program] of started) {
          if (!known.has(program)) unknown.push(`${name}: ${program}`);
        }
      }
    }
  };
  await look(new URL("../", import.meta.url));
  assert.deepEqual(unknown, []);
});
