import assert from "node:assert/strict";
import { until, within } from "../support/wait.ts";

/** Fewer than the clients that come; Deno itself needs some forty. */
const DESCRIPTORS = 100;

const script = new URL("../support/exhausted_listener.ts", import.meta.url);

/** Lines of a process, one after the other. */
async function* linesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string, void, undefined> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}

/** Resolves when the listener has accepted a connection. */
async function accepts(port: number): Promise<void> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  try {
    // What is no TLS is answered with an alert, or with the end.
    await conn.write(new Uint8Array(16));
    const answer = conn.read(new Uint8Array(16)).catch(() => {});
    await within("an answer of the listener", answer);
  } finally {
    conn.close();
  }
}

Deno.test("tls-listener: a process that had no file descriptors left takes clients in again", async () => {
  // Loading files that are not in Deno's cache takes more descriptors.
  const command = new Deno.Command("sh", {
    args: [
      "-c",
      `"$0" cache -q "$1"; ulimit -n ${DESCRIPTORS}; exec "$0" run -A "$1"`,
      Deno.execPath(),
      script.pathname,
    ],
    ...{ stdin: "piped", stdout: "piped", stderr: "null" } as const,
  });
  await using child = command.spawn();
  const lines = linesOf(child.stdout);
  const next = async () =>
    `${(await within("a line", lines.next())).value ?? ""}`;
  const writer = child.stdin.getWriter();
  const pass = async (): Promise<string> => {
    await writer.write(new Uint8Array(1));
    return await next();
  };
  const port = Number(await next());
  await accepts(port);
  const crowd: Deno.Conn[] = [];
  for (let count = 0; count < 2 * DESCRIPTORS; count++) {
    crowd.push(await Deno.connect({ hostname: "127.0.0.1", port }));
  }
  // It cannot knock either: that says nothing about the listener.
  await pass();
  for (const one of crowd) one.close();
  let told = "";
  await until("it listens again", async () => {
    told += await pass();
    return told.includes("again");
  });
  assert.match(told, /had stopped accepting.*listens again/);
  await accepts(port);
  assert.equal(await pass(), "[]", "and goes on doing so");
  await writer.close();
  for await (const _ of lines) { /* until its end */ }
});
