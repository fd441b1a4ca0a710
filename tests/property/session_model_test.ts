import fc from "fast-check";
import { anyPlan } from "./session_plan.ts";
import { World } from "./session_world.ts";

const RUNS = 400;

Deno.test("sessions keep their promises in any interleaving of publishing, acknowledging, leaving, coming back and waiting", async () => {
  const seed = Date.now() % 2 ** 31;
  console.log(`session model: seed ${seed}`);
  await fc.assert(
    fc.asyncProperty(anyPlan, (plan) => new World(plan).run()),
    { seed, numRuns: RUNS },
  );
});
