import assert from "node:assert/strict";
import {
  LOAD_MINUTES,
  LoadAverage,
} from "../../src/broker/figures/load_average.ts";

function averages(load: LoadAverage): Record<string, number> {
  return Object.fromEntries(
    LOAD_MINUTES.map((minutes, index) => [
      `${minutes}min`,
      Number(load.values[index].toFixed(2)),
    ]),
  );
}

Deno.test("a steady load becomes its rate a minute, the short span first", () => {
  const load = new LoadAverage();
  let total = 0;
  for (let at = 0; at < 6; at++) load.update(total += 50, 10);
  const first = averages(load);
  // After one time constant 1 - 1/e of 300 a minute is there.
  assert.ok(Math.abs(first["1min"] - 300 * (1 - Math.exp(-1))) < 0.1);
  assert.ok(first["1min"] > first["5min"] && first["5min"] > first["15min"]);
  for (let at = 0; at < 2000; at++) load.update(total += 50, 10);
  for (const value of Object.values(averages(load))) {
    assert.ok(Math.abs(value - 300) < 0.1, `${value} a minute`);
  }
});

Deno.test("the length of the interval does not change the average", () => {
  const often = new LoadAverage();
  const seldom = new LoadAverage();
  for (let at = 1; at <= 600; at++) often.update(at * 7, 1);
  for (let at = 1; at <= 10; at++) seldom.update(at * 60 * 7, 60);
  assert.deepEqual(averages(often), averages(seldom));
});

Deno.test("silence fades, the short span first", () => {
  const load = new LoadAverage();
  load.update(10_000, 60);
  const loud = averages(load);
  for (let at = 0; at < 5; at++) load.update(10_000, 60);
  const quiet = averages(load);
  assert.ok(Math.abs(quiet["1min"] - loud["1min"] * Math.exp(-5)) < 0.01);
  assert.ok(Math.abs(quiet["5min"] - loud["5min"] * Math.exp(-1)) < 0.01);
});

Deno.test("before anything was counted it is 0", () => {
  assert.deepEqual(new LoadAverage().values, [0, 0, 0]);
});
