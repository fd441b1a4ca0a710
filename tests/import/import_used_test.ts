import assert from "node:assert/strict";
import { opensslProgram, testWith } from "../e2e/programs.ts";
import { Workshop } from "../support/workshop.ts";
import { importedCases } from "./imported_configs.ts";
import { layOut, layOutCertificates, startImported } from "./imported_site.ts";
import { attempted } from "./visitors.ts";

testWith(
  [opensslProgram],
  "import: brokers with imported configurations do what those said",
  async (t) => {
    await using workshop = await Workshop.open();
    await layOutCertificates(workshop);
    for (const one of importedCases) {
      await t.step(one.name, async () => {
        await using started = await startImported(await layOut(one, workshop));
        const { imported, site, troubles } = started;
        const options = imported.lost.map(({ text }) => text.split(" ")[0]);
        assert.deepEqual(options.sort(), [...one.lost].sort());
        for (const attempt of one.attempts) {
          assert.equal(
            await attempted(attempt, site),
            "visit" in attempt ? attempt.comesIn : attempt.hears,
            JSON.stringify(attempt),
          );
        }
        assert.deepEqual(troubles, []);
      });
    }
  },
);
