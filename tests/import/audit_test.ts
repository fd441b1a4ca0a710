import assert from "node:assert/strict";
import { mosquittoBroker, opensslProgram, testWith } from "../e2e/programs.ts";
import { Workshop } from "../support/workshop.ts";
import { audit, layOutAudit } from "./audit.ts";

/** Few of many: `deno task audit:import` draws more. */
const COUNT = 4;

testWith(
  [opensslProgram, mosquittoBroker],
  "import: a broker imported at random never allows what Mosquitto denies",
  async () => {
    await using workshop = await Workshop.open();
    await layOutAudit(workshop);
    const first = Math.floor(Math.random() * 1e6);
    for (let seed = first; seed < first + COUNT; seed++) {
      const { breaches } = await audit(seed, workshop);
      assert.deepEqual(
        breaches,
        [],
        `deno task audit:import --count 1 --seed ${seed}`,
      );
    }
  },
);
