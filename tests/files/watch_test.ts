import assert from "node:assert/strict";
import type { Cancel } from "../../src/clock/mod.ts";
import { watchFiles } from "../../src/files/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { Inbox, within } from "../support/wait.ts";

/** A folder for one test, a clock, and what was told. */
async function inFolder(
  body: (folder: string, clock: ManualClock, told: string[][]) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-watch-" });
  try {
    await body(folder, new ManualClock(Date.now()), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const names = (paths: readonly string[]) =>
  paths.map((path) => path.slice(path.lastIndexOf("/") + 1));

const byLooks = { events: false };

Deno.test("looks tell of files that come, change and go, and of nothing else", async () => {
  await inFolder(async (folder, clock, told) => {
    const [a, b] = [`${folder}/a`, `${folder}/b`];
    await Deno.writeTextFile(a, "one");
    const watch = await watchFiles(
      [a, b],
      clock,
      (paths) => told.push(names(paths)),
      byLooks,
    );
    await watch.look();
    assert.deepEqual(told, [], "nothing has changed");
    await Deno.writeTextFile(a, "two");
    await watch.look();
    await Deno.writeTextFile(b, "new");
    await watch.look();
    await Deno.remove(a);
    await watch.look();
    await watch.look();
    assert.deepEqual(told, [["a"], ["b"], ["a"]]);
    watch.close();
    await Deno.remove(b);
    await watch.look();
    assert.equal(told.length, 3, "closed, it tells nothing");
  });
});

Deno.test("without events a look comes every 10 s", async () => {
  await inFolder(async (folder, clock) => {
    const path = `${folder}/a`;
    await Deno.writeTextFile(path, "one");
    const { promise, resolve } = Promise.withResolvers<void>();
    const watch = await watchFiles([path], clock, () => resolve(), byLooks);
    await Deno.writeTextFile(path, "three");
    clock.advance(10_000);
    await within("the look after 10 s", promise);
    watch.close();
  });
});

Deno.test("the same size and time again: a file just written is read", async () => {
  await inFolder(async (folder, clock, told) => {
    const path = `${folder}/a`;
    const time = new Date(clock.date());
    const write = async (text: string) => {
      await Deno.writeTextFile(path, text);
      await Deno.utime(path, time, time);
    };
    await write("one");
    const watch = await watchFiles(
      [path],
      clock,
      (paths) => told.push(names(paths)),
      byLooks,
    );
    await write("two");
    await watch.look();
    assert.deepEqual(told, [["a"]], "the change within one tick");
    clock.advance(5_000);
    await watch.look();
    assert.deepEqual(told, [["a"]], "it has rested since, unchanged");
    watch.close();
  });
});

Deno.test("links that are turned over are changes, as certbot and Kubernetes do it", async () => {
  await inFolder(async (folder, clock, told) => {
    await Deno.mkdir(`${folder}/archive`);
    await Deno.mkdir(`${folder}/live`);
    await Deno.mkdir(`${folder}/pods`);
    for (const one of ["1", "2"]) {
      await Deno.writeTextFile(`${folder}/archive/cert${one}.pem`, "same");
      await Deno.mkdir(`${folder}/pods/..${one}`);
      await Deno.writeTextFile(`${folder}/pods/..${one}/tls.crt`, "same");
    }
    const link = async (to: string, path: string) => {
      await Deno.symlink(to, `${path}.new`);
      await Deno.rename(`${path}.new`, path);
    };
    const certbot = `${folder}/live/cert.pem`;
    const pod = `${folder}/pods/tls.crt`;
    await link("../archive/cert1.pem", certbot);
    await link("..1", `${folder}/pods/..data`);
    await link("..data/tls.crt", pod);
    const watch = await watchFiles(
      [certbot, pod],
      clock,
      (paths) => told.push(names(paths)),
      byLooks,
    );
    await link("../archive/cert2.pem", certbot);
    await watch.look();
    await link("..2", `${folder}/pods/..data`);
    await watch.look();
    assert.deepEqual(told, [["cert.pem"], ["tls.crt"]]);
    watch.close();
  });
});

/** A clock that tells when a look is put off because of an event. */
class HearingClock extends ManualClock {
  #heard = Promise.withResolvers<void>();

  override after(ms: number, task: () => void): Cancel {
    if (ms < 10_000) this.#heard.resolve();
    return super.after(ms, task);
  }

  /** Resolves when an event has been heard since the last call. */
  async heard(): Promise<void> {
    await within("an event", this.#heard.promise);
    this.forget();
  }

  /** What has been heard so far counts no more. */
  forget(): void {
    this.#heard = Promise.withResolvers();
  }
}

Deno.test("events bring the look forward, also in a folder made anew", async () => {
  await inFolder(async (folder) => {
    const clock = new HearingClock(Date.now());
    const told = new Inbox<readonly string[]>("a change");
    const path = `${folder}/certs/a`;
    await Deno.mkdir(`${folder}/certs`);
    await Deno.writeTextFile(path, "one");
    const watch = await watchFiles(
      [path],
      clock,
      (paths) => told.push(names(paths)),
    );
    await Deno.writeTextFile(path, "two!");
    await clock.heard();
    clock.advance(200);
    assert.deepEqual(await told.next(), ["a"]);
    await Deno.remove(`${folder}/certs`, { recursive: true });
    await watch.look();
    await told.next();
    await Deno.mkdir(`${folder}/certs`);
    await Deno.writeTextFile(path, "three");
    await watch.look();
    await told.next();
    clock.forget();
    await Deno.writeTextFile(path, "fourth");
    await clock.heard();
    clock.advance(200);
    assert.deepEqual(await told.next(), ["a"], "its events are heard again");
    watch.close();
  });
});

/** Watches the file `certs/a` in `folder`. */
async function watchCerts(folder: string) {
  const clock = new HearingClock(Date.now());
  const told = new Inbox<readonly string[]>("a change");
  const path = `${folder}/certs/a`;
  const watch = await watchFiles([path], clock, (paths) => told.push(paths));
  /** An event brings a look, which tells of the change. */
  const sees = async (what: string) => {
    await clock.heard();
    clock.advance(200);
    assert.deepEqual(await told.next(), [path], what);
  };
  /** Writes the file and sees that. */
  const write = async (text: string) => {
    clock.forget();
    await Deno.writeTextFile(path, text);
    await sees(text);
  };
  return { watch, clock, sees, write };
}

/** Puts a new folder `certs` in the place of the old one, which stays. */
async function replaceCerts(folder: string): Promise<void> {
  await Deno.mkdir(`${folder}/new`);
  await Deno.rename(`${folder}/certs`, `${folder}/old`);
  await Deno.rename(`${folder}/new`, `${folder}/certs`);
}

Deno.test("events are heard in a folder that took the place of another between two looks", async () => {
  await inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/certs`);
    const { watch, write } = await watchCerts(folder);
    await write("one");
    await replaceCerts(folder);
    await watch.look();
    await write("the second");
    await Deno.remove(`${folder}/old`, { recursive: true });
    await watch.look();
    await write("and the third");
    await Deno.remove(`${folder}/certs`, { recursive: true });
    await Deno.mkdir(`${folder}/certs`);
    await watch.look();
    await write("the fourth at last");
    watch.close();
  });
});

Deno.test("two watches of one folder both follow it to the next", async () => {
  await inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/certs`);
    const [one, two] = [await watchCerts(folder), await watchCerts(folder)];
    await replaceCerts(folder);
    await one.watch.look();
    await two.watch.look();
    two.clock.forget();
    await one.write("one");
    await two.sees("one");
    one.watch.close();
    await Deno.remove(`${folder}/old`, { recursive: true });
    await replaceCerts(folder);
    await two.watch.look();
    await two.write("a second");
    two.watch.close();
  });
});

Deno.test("a folder without rest puts the look off for two seconds at most", async () => {
  await inFolder(async (folder, _, told) => {
    const clock = new HearingClock(Date.now());
    const path = `${folder}/a`;
    const watch = await watchFiles(
      [path],
      clock,
      (paths) => told.push(names(paths)),
    );
    await Deno.writeTextFile(path, "one");
    await clock.heard();
    const start = clock.now();
    for (let count = 0; told.length === 0 && count < 60; count++) {
      clock.advance(100);
      await Deno.writeTextFile(`${folder}/noise`, `${count}`);
      if (clock.now() - start <= 2_000) await clock.heard();
      else await watch.look();
    }
    assert.deepEqual(told, [["a"]]);
    assert.ok(clock.now() - start <= 2_200, `${clock.now() - start} ms`);
    watch.close();
  });
});
