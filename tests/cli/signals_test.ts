import assert from "node:assert/strict";
import { Signals } from "../../src/cli/serve/signals.ts";
import { settle } from "../support/settle.ts";

/** Signals, and the exit codes that they ended the process with. */
function heard(): { signals: Signals; exits: number[]; taken: string[] } {
  const exits: number[] = [];
  const taken: string[] = [];
  return { signals: new Signals((code) => exits.push(code)), exits, taken };
}

Deno.test("signals: what comes before the broker is ready is kept for it", () => {
  const { signals, exits, taken } = heard();
  for (const name of ["SIGHUP", "SIGUSR2", "SIGTERM", "SIGHUP"] as const) {
    signals.came(name);
  }
  signals.take("stop", (signal) => taken.push(`stop ${signal}`));
  signals.take("reload", (signal) => taken.push(`reload ${signal}`));
  signals.take("save", (signal) => taken.push(`save ${signal}`));
  signals.take("report", (signal) => taken.push(`report ${signal}`));
  assert.deepEqual(taken, ["stop SIGTERM", "reload SIGHUP", "report SIGUSR2"]);
  signals.came("SIGUSR1");
  assert.equal(taken[3], "save SIGUSR1");
  assert.deepEqual(exits, []);
});

Deno.test("signals: a second one of a person ends the process, another one during the stop does nothing", () => {
  const { signals, exits, taken } = heard();
  signals.take("stop", (signal) => taken.push(signal));
  for (const name of ["SIGALRM", "SIGXCPU", "SIGXCPU", "SIGPWR"] as const) {
    signals.came(name);
  }
  assert.deepEqual(exits, []);
  signals.came("SIGQUIT");
  signals.came("SIGINT");
  signals.came("SIGTERM");
  assert.deepEqual(exits, [131, 130, 143]);
  assert.deepEqual(taken, ["SIGALRM"]);
});

Deno.test("signals: a second one ends the process behind the last words, a third one at once", async () => {
  const { signals, exits, taken } = heard();
  const { promise, resolve } = Promise.withResolvers<void>();
  signals.beforeExit((signal) => {
    taken.push(signal);
    return promise;
  });
  signals.came("SIGTERM");
  assert.deepEqual(taken, []);
  signals.came("SIGINT");
  await settle();
  assert.deepEqual([taken, exits], [["SIGINT"], []]);
  signals.came("SIGTERM");
  assert.deepEqual([taken, exits], [["SIGINT"], [143]]);
  resolve();
  await settle();
  assert.deepEqual([taken, exits], [["SIGINT"], [143, 130]]);
});

Deno.test("signals: last words that fail keep no process alive", async () => {
  const { signals, exits } = heard();
  signals.beforeExit(() => Promise.reject(new Error("no output")));
  signals.came("SIGTERM");
  signals.came("SIGTERM");
  await settle();
  assert.deepEqual(exits, [143]);
});

Deno.test("signals: one that is only kept from ending the process asks for nothing", () => {
  const { signals, exits, taken } = heard();
  signals.take("stop", (signal) => taken.push(signal));
  signals.came("SIGXFSZ");
  signals.came("SIGWINCH");
  assert.deepEqual([exits, taken], [[], []]);
});
