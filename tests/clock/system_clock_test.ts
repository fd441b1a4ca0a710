import assert from "node:assert/strict";
import { SystemClock } from "../../src/clock/mod.ts";

/** Timers that are set while `body` runs: how long, and what then. */
function timersOf(
  body: (timers: { ms: number; task: () => void }[]) => void,
): void {
  const { setTimeout } = globalThis;
  const timers: { ms: number; task: () => void }[] = [];
  let count = 0;
  globalThis.setTimeout = ((task: () => void, ms: number) => {
    timers.push({ ms, task });
    // Its number, as the runtime gives one.
    return ++count;
  }) as unknown as typeof setTimeout;
  try {
    body(timers);
  } finally {
    globalThis.setTimeout = setTimeout;
  }
}

const DAY = 86_400_000;

Deno.test("clock: what is months away is waited for in parts", () => {
  timersOf((timers) => {
    let calls = 0;
    new SystemClock().after(60 * DAY, () => calls++);
    let waited = 0;
    while (timers.length > 0) {
      assert.equal(calls, 0);
      const { ms, task } = timers.shift()!;
      assert.ok(ms < 2 ** 31, `${ms} ms is more than a timer holds`);
      waited += ms;
      task();
    }
    assert.equal(waited, 60 * DAY);
    assert.equal(calls, 1);
  });
});

Deno.test("clock: a long wait is cancelled in any of its parts", () => {
  timersOf((timers) => {
    const { clearTimeout } = globalThis;
    const cleared: unknown[] = [];
    globalThis.clearTimeout = ((id: unknown) =>
      cleared.push(id)) as unknown as typeof clearTimeout;
    try {
      const cancel = new SystemClock().after(60 * DAY, () => assert.fail());
      timers[0].task();
      cancel();
      assert.deepEqual(cleared, [2], "the second timer");
    } finally {
      globalThis.clearTimeout = clearTimeout;
    }
  });
});

Deno.test("clock: the boot is known where no file can be opened any more", () => {
  const clock = new SystemClock();
  const before = clock.machine();
  const { readTextFileSync } = Deno;
  Deno.readTextFileSync = () => {
    throw new Error("EMFILE");
  };
  try {
    const after = clock.machine();
    assert.equal(after?.id, before?.id);
    const passed = (after?.uptime ?? 0) - (before?.uptime ?? 0);
    assert.ok(passed > -2500, `the uptime went back by ${-passed} ms`);
  } finally {
    Deno.readTextFileSync = readTextFileSync;
  }
});

Deno.test("clock: the boot is known where the runtime denies /proc and an executable names it", async () => {
  const clock = new URL("../../src/clock/mod.ts", import.meta.url);
  const script = `import { SystemClock } from ${JSON.stringify(clock)};
    console.log(new SystemClock().machine()?.id ?? null);`;
  const bootOf = async (env: Readonly<Record<string, string>>) => {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--no-prompt", "--allow-env", "--allow-sys", "--allow-read"],
        `data:text/javascript,${encodeURIComponent(script)}`,
      ],
      env: { NO_COLOR: "1", ...env },
    }).output();
    return new TextDecoder().decode(stdout).trim();
  };
  const boot = { DUNLIN_BOOT_ID: "00000000-0010-4000-8000-000000000000" };
  assert.equal(await bootOf(boot), "17");
  assert.equal(await bootOf({ DUNLIN_BOOT_ID: "" }), "null");
});
