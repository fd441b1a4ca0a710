import assert from "node:assert/strict";
import { mosquittoBroker, opensslProgram, testWith } from "../e2e/programs.ts";
import { Workshop } from "../support/workshop.ts";
import { importedCases } from "./imported_configs.ts";
import { startMosquitto } from "./mosquitto.ts";
import { layOut, layOutCertificates } from "./imported_site.ts";
import { attempted } from "./visitors.ts";

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
