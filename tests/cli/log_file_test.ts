import assert from "node:assert/strict";
import { LogFile, type LogFileLimits } from "../../src/cli/log/log_file.ts";
import { ManualClock } from "../support/manual_clock.ts";

const HOUR = 3600_000;
const NO_LIMITS: LogFileLimits = { max_size: 0, max_age: 0, keep: 5 };

/** A log file in a folder of its own, and what it reports. */
class Logged implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly reports: string[] = [];
  readonly folder: string;
  readonly path: string;
  file: LogFile;

  private constructor(folder: string, limits: Partial<LogFileLimits>) {
    this.folder = folder;
    this.path = `${folder}/dunlin.log`;
    this.file = this.another(limits);
  }

  static async in(limits: Partial<LogFileLimits> = {}): Promise<Logged> {
    return new Logged(await Deno.makeTempDir(), limits);
  }

  /** A log file at the same path, as after a restart. */
  another(limits: Partial<LogFileLimits> = {}, path = this.path): LogFile {
    return new LogFile(path, { ...NO_LIMITS, ...limits }, this.clock, {
      onTrouble: ({ message }) => this.reports.push(message),
      onRecovered: (lasted) => this.reports.push(`recovered ${lasted}`),
    });
  }

  /** Writes all of `text`, as an outlet does. */
  async write(text: string): Promise<void> {
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length;) {
      at += await this.file.write(bytes.subarray(at));
    }
  }

  read(name = "dunlin.log"): Promise<string> {
    return Deno.readTextFile(`${this.folder}/${name}`);
  }

  /** Names of the files there. */
  get names(): string[] {
    return [...Deno.readDirSync(this.folder)].map(({ name }) => name).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.file.close();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** A line as the broker's, at `date`. */
function lineAt(date: number, text = "line"): string {
  return `${new Date(date).toISOString()} info  ${text}\n`;
}

Deno.test("log file: lines are appended to what is there", async () => {
  await using logged = await Logged.in();
  await Deno.writeTextFile(logged.path, "old\n");
  await logged.write("1\n2\n");
  await logged.write("3\n");
  assert.equal(await logged.read(), "old\n1\n2\n3\n");
  assert.deepEqual(logged.reports, []);
});

Deno.test("log file: a new one is not for all users of the machine", async () => {
  await using logged = await Logged.in();
  await logged.write("1\n");
  const { mode } = await Deno.stat(logged.path);
  assert.equal(mode! & 0o7, 0);
});

Deno.test("log file: a file beyond max_size is renamed, no line is torn or lost, and the oldest are deleted", async () => {
  await using logged = await Logged.in({ max_size: 100, keep: 2 });
  const lines = Array.from(
    { length: 50 },
    (_, at) => `line ${at} `.padEnd(29) + "\n",
  );
  await logged.write(lines.slice(0, 20).join(""));
  for (const line of lines.slice(20)) await logged.write(line);
  // Three lines of 30 bytes a file: 16 of them are full.
  assert.deepEqual(logged.names, [
    "dunlin.log",
    "dunlin.log.000015",
    "dunlin.log.000016",
  ]);
  assert.equal(
    await logged.read("dunlin.log.000015"),
    lines.slice(42, 45).join(""),
  );
  assert.equal(
    await logged.read("dunlin.log.000016"),
    lines.slice(45, 48).join(""),
  );
  assert.equal(await logged.read(), lines.slice(48).join(""));
});

Deno.test("log file: after a restart numbers go on, and a smaller keep deletes at the next renaming", async () => {
  await using logged = await Logged.in({ max_size: 10, keep: 4 });
  for (let at = 1; at <= 5; at++) await logged.write(`line ${at} .\n`);
  await logged.file.close();
  // Files of others stay: logrotate's, and such as only look alike.
  for (const other of ["1", "1.gz", "20260101", "000001.gz", "x00001"]) {
    await Deno.writeTextFile(`${logged.path}.${other}`, "");
  }
  logged.file = logged.another({ max_size: 10, keep: 2 });
  await logged.write("line 6 .\n");
  assert.deepEqual(logged.names, [
    "dunlin.log",
    "dunlin.log.000001.gz",
    "dunlin.log.000004",
    "dunlin.log.000005",
    "dunlin.log.1",
    "dunlin.log.1.gz",
    "dunlin.log.20260101",
    "dunlin.log.x00001",
  ]);
  assert.equal(await logged.read("dunlin.log.000005"), "line 5 .\n");
  assert.equal(await logged.read(), "line 6 .\n");
});

Deno.test("log file: keep = 0 keeps none", async () => {
  await using logged = await Logged.in({ max_size: 10, keep: 0 });
  for (let at = 1; at <= 5; at++) await logged.write(`line ${at} .\n`);
  assert.deepEqual(logged.names, ["dunlin.log"]);
  assert.equal(await logged.read(), "line 5 .\n");
});

Deno.test("log file: a line longer than max_size has a file of its own, whole", async () => {
  await using logged = await Logged.in({ max_size: 10 });
  await logged.write("1\n");
  await logged.write(`${"long".repeat(10)}\n2\n3\n`);
  assert.deepEqual(logged.names.length, 3);
  assert.equal(
    await logged.read("dunlin.log.000002"),
    `${"long".repeat(10)}\n`,
  );
  assert.equal(await logged.read(), "2\n3\n");
});

Deno.test("log file: a file is renamed when its first line is max_age old, also over restarts", async () => {
  await using logged = await Logged.in({ max_age: HOUR });
  const begin = logged.clock.date();
  await logged.write(lineAt(begin));
  logged.clock.advance(HOUR - 1);
  await logged.write(lineAt(begin + HOUR - 1));
  assert.deepEqual(logged.names, ["dunlin.log"]);
  await logged.file.close();
  logged.file = logged.another({ max_age: HOUR });
  logged.clock.advance(1);
  await logged.write(lineAt(begin + HOUR, "next"));
  assert.deepEqual(logged.names, ["dunlin.log", "dunlin.log.000001"]);
  assert.equal(await logged.read(), lineAt(begin + HOUR, "next"));
  // The next hour begins with this line, in JSON as well.
  await logged.file.close();
  await Deno.writeTextFile(
    logged.path,
    `{"time":"${new Date(begin + HOUR).toISOString()}"}\n`,
  );
  logged.file = logged.another({ max_age: HOUR });
  logged.clock.advance(HOUR - 1);
  await logged.write("a\n");
  assert.equal(logged.names.length, 2);
  logged.clock.advance(1);
  await logged.write("b\n");
  assert.equal(logged.names.length, 3);
  assert.equal(await logged.read(), "b\n");
});

Deno.test("log file: a calendar that is set back renames nothing, and an empty file is not renamed", async () => {
  await using logged = await Logged.in({ max_age: HOUR });
  await logged.write(lineAt(logged.clock.date()));
  logged.clock.step(-1000 * HOUR);
  await logged.write(lineAt(logged.clock.date()));
  assert.deepEqual(logged.names, ["dunlin.log"]);
  await Deno.truncate(logged.path);
  logged.clock.step(3000 * HOUR);
  await logged.write("1\n");
  assert.deepEqual(logged.names, ["dunlin.log"]);
  assert.equal(await logged.read(), "1\n");
});

Deno.test("log file: limits that change count from the next line on", async () => {
  await using logged = await Logged.in();
  await logged.write("123456789\n");
  logged.file.limits = { ...NO_LIMITS, max_size: 10 };
  await logged.write("1\n");
  assert.deepEqual(logged.names, ["dunlin.log", "dunlin.log.000001"]);
});

Deno.test("log file: one that was renamed is written to until the next is there, or until it is opened again", async () => {
  await using logged = await Logged.in();
  await logged.write("1\n");
  await Deno.rename(logged.path, `${logged.path}.1`);
  await logged.write("2\n");
  assert.equal(await logged.read("dunlin.log.1"), "1\n2\n");
  await logged.file.reopen();
  await logged.write("3\n");
  assert.equal(await logged.read(), "3\n");
  await Deno.rename(logged.path, `${logged.path}.2`);
  await Deno.writeTextFile(logged.path, "");
  await logged.write("4\n");
  assert.equal(await logged.read(), "4\n");
  assert.equal(await logged.read("dunlin.log.2"), "3\n");
});

Deno.test("log file: one that was renamed takes lines beyond max_size into a new file at its path", async () => {
  await using logged = await Logged.in({ max_size: 10 });
  await logged.write("line 1 .\n");
  await Deno.rename(logged.path, `${logged.path}.1`);
  await logged.write("line 2 .\n");
  assert.deepEqual(logged.names, ["dunlin.log", "dunlin.log.1"]);
  assert.equal(await logged.read(), "line 2 .\n");
});

Deno.test("log file: one that was deleted, alone or with its folder, is made again", async () => {
  await using logged = await Logged.in();
  await logged.write("1\n");
  await Deno.remove(logged.path);
  await logged.write("2\n");
  assert.equal(await logged.read(), "2\n");
  await Deno.remove(logged.folder, { recursive: true });
  await assert.rejects(logged.write("3\n"), Deno.errors.NotFound);
  await assert.rejects(logged.write("4\n"), Deno.errors.NotFound);
  logged.clock.advance(5000);
  await Deno.mkdir(logged.folder);
  await logged.write("5\n");
  assert.equal(await logged.read(), "5\n");
  assert.equal(logged.reports.length, 2);
  assert.match(logged.reports[0], /No such file or directory/);
  assert.equal(logged.reports[1], "recovered 5000");
});

Deno.test("log file: one that was emptied in place goes on at its beginning", async () => {
  await using logged = await Logged.in({ max_age: HOUR });
  await logged.write(lineAt(logged.clock.date()));
  // As logrotate does with copytruncate.
  await Deno.truncate(logged.path);
  logged.clock.advance(HOUR);
  const date = logged.clock.date();
  await logged.write(lineAt(date));
  assert.equal(await logged.read(), lineAt(date));
  assert.deepEqual(logged.names, ["dunlin.log"]);
});

Deno.test("log file: a line that a killed process left unfinished does not run into the next", async () => {
  await using logged = await Logged.in();
  await Deno.writeTextFile(logged.path, "whole\nunfini");
  await logged.write("next\n");
  assert.equal(await logged.read(), "whole\nunfini\nnext\n");
});

Deno.test("log file: a full file that cannot be renamed takes no line; an old one does", async () => {
  await using logged = await Logged.in({ max_size: 10, keep: 1 });
  // A folder with something in it, where the oldest file is to be deleted.
  await Deno.mkdir(`${logged.path}.000001/x`, { recursive: true });
  await logged.write("line 1 .\n");
  await assert.rejects(logged.write("line 2 .\n"));
  assert.equal(await logged.read(), "line 1 .\n");
  assert.equal(logged.reports.length, 1);
  await Deno.remove(`${logged.path}.000001`, { recursive: true });
  await logged.write("line 3 .\n");
  assert.equal(await logged.read(), "line 3 .\n");
  assert.equal(logged.reports.length, 2);

  logged.file.limits = { max_size: 0, max_age: HOUR, keep: 1 };
  await Deno.remove(`${logged.path}.000001`);
  await Deno.mkdir(`${logged.path}.000001/x`, { recursive: true });
  logged.clock.advance(HOUR);
  await logged.write("line 4 .\n");
  assert.equal(await logged.read(), "line 3 .\nline 4 .\n");
  await Deno.remove(`${logged.path}.000001`, { recursive: true });
  // It is tried again a minute later, not at each line.
  await logged.write("line 5 .\n");
  assert.match(await logged.read(), /line 5/);
  logged.clock.advance(60_000);
  await logged.write("line 6 .\n");
  assert.equal(await logged.read(), "line 6 .\n");
});

Deno.test("log file: behind a link the file itself is renamed, beside itself", async () => {
  await using logged = await Logged.in({ max_size: 10 });
  await Deno.mkdir(`${logged.folder}/data`);
  await Deno.symlink("data/real.log", logged.path);
  await logged.write("line 1 .\n");
  await logged.write("line 2 .\n");
  assert.equal(await logged.read("data/real.log.000001"), "line 1 .\n");
  assert.equal(await logged.read("data/real.log"), "line 2 .\n");
  assert.ok((await Deno.lstat(logged.path)).isSymlink);
});

Deno.test("log file: a device is written to and never renamed", async () => {
  await using logged = await Logged.in();
  logged.file = logged.another({ max_size: 10, max_age: 1 }, "/dev/null");
  for (let at = 0; at < 10; at++) await logged.write("more than ten bytes\n");
  assert.deepEqual(logged.reports, []);
  logged.file.close();
  logged.file = logged.another({}, "/dev/full");
  await assert.rejects(logged.write("1\n"), /No space left/);
  assert.match(logged.reports[0], /No space left/);
});

Deno.test("log file: a file that is open under a number, as /dev/stderr may be, is never renamed", async () => {
  await using logged = await Logged.in();
  using _open = await Deno.open(logged.path, { create: true, write: true });
  const numbers = [...Deno.readDirSync("/proc/self/fd")].map(({ name }) => name)
    .filter((name) => linkOf(`/proc/self/fd/${name}`) === logged.path);
  const limits = { max_size: 10, max_age: 1 };
  logged.file = logged.another(limits, `/proc/self/fd/${numbers[0]}`);
  for (let at = 1; at <= 3; at++) await logged.write(`line ${at} .\n`);
  assert.deepEqual(logged.names, ["dunlin.log"]);
  assert.equal(await logged.read(), "line 1 .\nline 2 .\nline 3 .\n");
});

function linkOf(path: string): string | null {
  try {
    return Deno.readLinkSync(path);
  } catch {
    return null;
  }
}

Deno.test("log file: a folder at its path is reported, not thrown at whoever opens it", async () => {
  await using logged = await Logged.in();
  await Deno.mkdir(logged.path);
  await logged.file.reopen();
  assert.match(logged.reports[0], /Is a directory/);
});
