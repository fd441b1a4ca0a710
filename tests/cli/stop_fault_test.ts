import assert from "node:assert/strict";
import { stopFaultText } from "../../src/cli/serve/stop_fault.ts";

const FACTS = {
  timeout: 5000,
  isWhole: true,
  unwritten: 0,
  path: "/s.db",
  taken: null,
};

Deno.test("stop: a whole one has no fault", () => {
  assert.equal(stopFaultText(FACTS), null);
});

Deno.test("stop: one that is late or has lost its store speaks of lost changes only when there are some", () => {
  for (const facts of [{ isWhole: false }, { taken: "taken by another" }]) {
    const text = stopFaultText({ ...FACTS, ...facts })!;
    assert.match(text, /: all its changes are in \/s\.db/);
    assert.doesNotMatch(text, /about|the last changes/);
    assert.match(
      stopFaultText({ ...FACTS, ...facts, unwritten: 3 })!,
      /: the last changes \(about 3\) are not in \/s\.db/,
    );
  }
});
