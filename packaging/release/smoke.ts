/**
 * Tries a file that people download, on the system it is for: it says its
 * version, serves a client, is healthy, and ends.
 *
 *     deno run -A packaging/release/smoke.ts FILE
 */
import { join } from "node:path";
import { VERSION } from "../../src/config/mod.ts";
import { output } from "../../tools/build.ts";

/** How long a start may take (ms): a busy machine for builds is slow. */
const PATIENCE = 120_000;

const isWindows = Deno.build.os === "windows";

/** Rejects with what `file` does wrong. `file` is an executable or an archive. */
export async function smoke(file: string): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-smoke-" });
  try {
    const program = await programIn(file, folder);
    const version = await output(program, ["--version"], folder);
    expect(version.trim(), `dunlin ${VERSION}`);
    await serve(program, folder);
  } finally {
    // A program that has just ended can still hold its file under Windows.
    await Deno.remove(folder, { recursive: true }).catch(() => {});
  }
}

/** Puts the program into `folder`; returns its path. */
async function programIn(file: string, folder: string): Promise<string> {
  if (/\.(tar\.gz|zip)$/.test(file)) {
    // bsdtar, which Windows and macOS have, reads zip files too.
    await output("tar", ["-xf", file, "-C", folder], folder);
    const [{ name }] = await Array.fromAsync(Deno.readDir(folder));
    return join(folder, name, isWindows ? "dunlin.cmd" : "dunlin");
  }
  const path = join(folder, isWindows ? "dunlin.exe" : "dunlin");
  await Deno.copyFile(file, path);
  if (!isWindows) await Deno.chmod(path, 0o755);
  return path;
}

async function serve(program: string, folder: string): Promise<void> {
  const ready = join(folder, "ready.json");
  const memory = ["--set", "storage.mode=memory"];
  const child = new Deno.Command(program, {
    args: ["--port", "0", "--ready-file", ready, ...memory],
    env: { DUNLIN_CACHE: join(folder, "cache") },
    stdin: "null",
  }).spawn();
  let hasEnded = false;
  const ended = child.status.finally(() => hasEnded = true);
  try {
    const { port, pid } = await readyBroker(ready, () => hasEnded);
    await roundTrip(port);
    const set = [...memory, "--set", `listener.0.port=${port}`];
    expect(
      (await output(program, ["health", ...set], folder)).trim(),
      "healthy",
    );
    if (isWindows) return Deno.kill(pid, "SIGKILL");
    child.kill("SIGTERM");
    expect((await ended).code, 0);
  } finally {
    if (!hasEnded && !isWindows) child.kill("SIGKILL");
    await ended;
  }
}

/** Waits until the broker has written its ready file. */
async function readyBroker(
  path: string,
  hasEnded: () => boolean,
): Promise<{ port: number; pid: number }> {
  const end = Date.now() + PATIENCE;
  while (Date.now() < end && !hasEnded()) {
    try {
      const { pid, listeners } = JSON.parse(await Deno.readTextFile(path));
      return { pid, port: listeners[0].port };
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  throw new Error("the broker does not get ready");
}

/** Connects by MQTT 3.1.1, publishes at QoS 1, and gets both answers. */
async function roundTrip(port: number): Promise<void> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const name = new TextEncoder().encode("MQTT");
  const connect = [0x10, 13, 0, 4, ...name, 4, 2, 0, 60, 0, 1, 0x61];
  const publish = [0x32, 6, 0, 1, 0x74, 0, 1, 0x78];
  await conn.write(Uint8Array.of(...connect, ...publish));
  const answer = new Uint8Array(8);
  for (let length = 0; length < answer.length;) {
    const count = await conn.read(answer.subarray(length));
    if (count === null) throw new Error("the broker closed the connection");
    length += count;
  }
  expect(answer.toHex(), "20020000" + "40020001");
}

function expect(found: unknown, wanted: unknown): void {
  if (found === wanted) return;
  throw new Error(`expected ${wanted}, found ${found}`);
}

if (import.meta.main) {
  const [file] = Deno.args;
  if (file === undefined) throw new Error("name the file to try");
  await smoke(await Deno.realPath(file));
  console.log(`${file}: starts, serves, is healthy, and ends`);
}
