import assert from "node:assert/strict";
import { Outlet } from "../../src/cli/console/outlet.ts";
import { jsonText } from "../../src/cli/console/json_text.ts";
import { withoutControls } from "../../src/cli/console/shown_text.ts";
import { CommandOutput } from "../../src/cli/console/output.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { until } from "../support/wait.ts";

/** A stream as slow, full or closed as a test wants it. */
class FakeStream {
  text = "";
  calls = 0;
  /** What the next write throws. */
  failure: Error | null = null;
  /** Most bytes that one write takes. */
  most = Infinity;
  /** While it is set, no write ends. */
  #stalled: (() => void) | null = null;
  #isStalled = false;

  stall(): void {
    this.#isStalled = true;
  }

  goOn(): void {
    this.#isStalled = false;
    this.#stalled?.();
  }

  async write(bytes: Uint8Array): Promise<number> {
    this.calls++;
    if (this.#isStalled) {
      await new Promise<void>((resolve) => this.#stalled = resolve);
    }
    if (this.failure !== null) throw this.failure;
    const taken = bytes.subarray(0, this.most);
    this.text += new TextDecoder().decode(taken);
    return taken.length;
  }
}

function outletOf(stream: FakeStream): { outlet: Outlet; clock: ManualClock } {
  const clock = new ManualClock();
  const outlet = new Outlet(stream, clock, (count) => `gap ${count}\n`);
  return { outlet, clock };
}

Deno.test("outlet: lines arrive whole and in order, however little a write takes", async () => {
  const stream = new FakeStream();
  stream.most = 3;
  const { outlet, clock } = outletOf(stream);
  outlet.write("first\n");
  outlet.write("second\n");
  await until("two lines", () => stream.text === "first\nsecond\n");
  clock.advance(50);
  outlet.write("third\n");
  await until("the third", () => stream.text.endsWith("third\n"));
});

Deno.test("outlet: lines that come together are one write", async () => {
  const stream = new FakeStream();
  const { outlet, clock } = outletOf(stream);
  outlet.write("0\n");
  await until("the first", () => stream.text === "0\n");
  for (let at = 1; at < 1000; at++) outlet.write(`${at}\n`);
  // The clock tells the outlet to go on; it may not have come to wait yet.
  await until("the rest", () => {
    clock.advance(50);
    return stream.text.endsWith("\n999\n");
  });
  assert.equal(stream.calls, 2);
});

Deno.test("outlet: what a stalled reader makes wait is bounded; the gap is counted in its place", async () => {
  const stream = new FakeStream();
  const { outlet, clock } = outletOf(stream);
  stream.stall();
  outlet.write("first\n");
  await until("the write", () => stream.calls === 1);
  const line = "x".repeat(1023) + "\n";
  for (let at = 0; at < 1024; at++) outlet.write(line);
  assert.equal(outlet.dropped, 0);
  for (let at = 0; at < 5; at++) outlet.write("too much\n");
  assert.equal(outlet.dropped, 5);
  stream.goOn();
  await until("the gap", () => {
    clock.advance(50);
    return stream.text.endsWith("gap 5\n");
  });
  assert.equal(stream.text.length, 6 + 1024 * 1024 + 6);
  assert.equal(outlet.dropped, 0);
  outlet.write("after\n");
  await until("the next", () => {
    clock.advance(50);
    return stream.text.endsWith("gap 5\nafter\n");
  });
});

Deno.test("outlet: a stream that fails loses lines, tells how many, and is not tried all the time", async () => {
  const stream = new FakeStream();
  const { outlet, clock } = outletOf(stream);
  stream.failure = new Error("No space left on device");
  outlet.write("1\n2\n");
  await until("the attempt", () => outlet.dropped === 2);
  for (let at = 0; at < 100; at++) outlet.write("more\n");
  assert.equal(outlet.dropped, 102);
  assert.equal(stream.calls, 1);
  stream.failure = null;
  await until("the gap", () => {
    clock.advance(1000);
    return stream.text === "gap 102\n";
  });
  assert.equal(stream.calls, 2);
});

Deno.test("outlet: a stream that failed is tried at once when its cause may be gone", async () => {
  const stream = new FakeStream();
  const { outlet } = outletOf(stream);
  stream.failure = new Error("No such file or directory");
  outlet.write("1\n");
  await until("the attempt", () => outlet.dropped === 1);
  stream.failure = null;
  // No time passes: without this it would wait for a second.
  await until("the gap", () => {
    outlet.retry();
    return stream.text === "gap 1\n";
  });
});

Deno.test("outlet: a line that was torn by a failure does not run into the next", async () => {
  const stream = new FakeStream();
  const { outlet, clock } = outletOf(stream);
  stream.most = 4;
  const write = stream.write.bind(stream);
  stream.write = (bytes) => {
    if (stream.calls === 1) stream.failure = new Error("full");
    return write(bytes);
  };
  outlet.write("torn line\n");
  await until("the failure", () => outlet.dropped === 1);
  stream.write = write;
  stream.failure = null;
  await until("the gap", () => {
    clock.advance(1000);
    return stream.text === "torn\ngap 1\n";
  });
});

Deno.test("outlet: a full pipe that does not block is tried again, and nothing is lost", async () => {
  const stream = new FakeStream();
  const { outlet, clock } = outletOf(stream);
  stream.failure = new Deno.errors.WouldBlock("full");
  outlet.write("line\n");
  await until("the attempt", () => stream.calls === 1);
  stream.failure = null;
  await until("the line", () => {
    clock.advance(50);
    return stream.text === "line\n";
  });
});

Deno.test("outlet: the end waits for what a reader takes, and not for one that takes nothing", async () => {
  const reading = new FakeStream();
  const { outlet } = outletOf(reading);
  outlet.write("1\n");
  await until("the first", () => reading.text === "1\n");
  outlet.write("last\n");
  await outlet.drain(20_000);
  assert.equal(reading.text, "1\nlast\n");
  const stalled = new FakeStream();
  stalled.stall();
  const { outlet: other } = outletOf(stalled);
  other.write("1\n");
  await other.drain(1);
  stalled.failure = new Error("closed");
  stalled.goOn();
});

/** A stream of the runtime that fails as `errors` say, one after the other. */
function failing(...errors: (Error | null)[]) {
  let text = "";
  return {
    get text() {
      return text;
    },
    writeSync(bytes: Uint8Array): number {
      const error = errors.shift() ?? null;
      if (error !== null) throw error;
      text += new TextDecoder().decode(bytes);
      return bytes.length;
    },
  };
}

Deno.test("command output: a result that cannot be written is told at the end, a reader that left is no failure", () => {
  const full = new CommandOutput(
    failing(new Error("No space left on device (os error 28)")),
    failing(new Error("full as well")),
    false,
  );
  full.out("result\n");
  full.err("mistake\n");
  assert.match(full.failure!, /^cannot write to standard output: No space/);
  const stdout = failing(new Deno.errors.BrokenPipe("gone"));
  const left = new CommandOutput(stdout, failing(), false);
  left.out("1\n");
  left.out("2\n");
  assert.equal(stdout.text, "");
  assert.equal(left.failure, null);
});

Deno.test("command output: a full pipe that does not block is waited for", () => {
  const stdout = failing(new Deno.errors.WouldBlock("full"));
  const output = new CommandOutput(stdout, failing(), false);
  output.out("result\n");
  assert.equal(stdout.text, "result\n");
  assert.equal(output.failure, null);
});

Deno.test("output: line ends of CR and LF stay as they are, as PEM files may have them", () => {
  assert.equal(
    withoutControls("-----BEGIN X-----\r\nAAAA\r\n\rx\r"),
    "-----BEGIN X-----\r\nAAAA\r\n?x?",
  );
});

Deno.test("output: JSON has control characters as escapes, and reads back as the same value", () => {
  const value = { text: "\0\x1b[1m\x7f\x85\u009b\u00a0\r\n\u2028" };
  const text = jsonText(value);
  assert.equal(withoutControls(text), text);
  assert.deepEqual(JSON.parse(text), value);
});

Deno.test("output: nothing that a command echoes steers the terminal", () => {
  const written: string[] = [];
  const stream = (name: string) => ({
    writeSync(bytes: Uint8Array) {
      written.push(`${name} ${new TextDecoder().decode(bytes)}`);
      return bytes.length;
    },
  });
  const output = new CommandOutput(stream("out"), stream("err"), true);
  const text = "x\x1b[31m\r\u009b1m\u202e \u00e9\t\ud83d\ude00\n";
  output.out(text);
  output.err(text);
  output.steer!("\r\x1b[K");
  assert.deepEqual(written, [
    // Results go to programs, too: only control characters are taken out.
    "out x?[31m??1m\u202e \u00e9\t\ud83d\ude00\n",
    "err x?[31m??1m? \u00e9\t\ud83d\ude00\n",
    "err \r\x1b[K",
  ]);
  const plain = new CommandOutput(stream("out"), stream("err"), false);
  assert.equal(plain.steer, undefined);
});
