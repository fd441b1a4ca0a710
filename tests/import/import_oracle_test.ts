import assert from "node:assert/strict";
import { mosquittoBroker, opensslProgram, testWith } from "../e2e/programs.ts";
import { within } from "../support/wait.ts";
import { Workshop } from "../support/workshop.ts";
import { importedCases } from "./imported_configs.ts";
import { layOut, layOutCertificates } from "./imported_site.ts";
import { attempted } from "./visitors.ts";

/** Mosquitto with a configuration of its own. */
async function startMosquitto(conf: string): Promise<AsyncDisposable> {
  // Where root starts it, it would become a user who may not read the files.
  const text = (await Deno.readTextFile(conf)).replace(/^log_.*$/gm, "");
  await Deno.writeTextFile(conf, `${text}\nuser root\n`);
  const child = new Deno.Command(mosquittoBroker.command!, {
    args: ["-v", "-c", conf],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const reader = child.stderr.getReader();
  let said = "";
  const running = async () => {
    for (let part; !(part = await reader.read()).done;) {
      said += new TextDecoder().decode(part.value);
      if (/ running\n/.test(said)) return;
    }
    throw new Error(`Mosquitto ended: ${said}`);
  };
  await within("Mosquitto to start", running());
  // What nobody reads would stop it once the pipe is full.
  const rest = (async () => {
    while (!(await reader.read()).done);
  })();
  return {
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await rest;
      await child.status;
    },
  };
}

testWith(
  [opensslProgram, mosquittoBroker],
  "import: Mosquitto with the same configurations does the same",
  async (t) => {
    await using workshop = await Workshop.open();
    await layOutCertificates(workshop);
    for (const one of importedCases) {
      // It would take the usual port, which may not be free; and contrary to
      // its manual, version 2.0.11 delivers with the mount point in front.
      if (["local", "sites"].includes(one.name)) continue;
      await t.step(one.name, async () => {
        const site = await layOut(one, workshop);
        await using _broker = await startMosquitto(site.conf);
        for (const attempt of one.attempts) {
          assert.equal(
            await attempted(attempt, site),
            "visit" in attempt ? attempt.comesIn : attempt.hears,
            JSON.stringify(attempt),
          );
        }
      });
    }
  },
);
