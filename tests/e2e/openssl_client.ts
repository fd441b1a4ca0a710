import { within } from "../support/wait.ts";

const CONNECT = Uint8Array.from(
  [0x10, 12, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, 0],
);

/**
 * Connects by `openssl s_client` with `args`, sends a CONNECT, and tells
 * whether it is answered with success.
 */
export async function opensslEnters(
  port: number,
  args: readonly string[],
): Promise<boolean> {
  const child = new Deno.Command("openssl", {
    args: ["s_client", "-quiet", "-connect", `127.0.0.1:${port}`, ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  // A client that was not let in has gone before it could be written to.
  writer.write(CONNECT).catch(() => {});
  const received: number[] = [];
  const answered = async () => {
    for await (const chunk of child.stdout) {
      received.push(...chunk);
      if (received.length >= 4) break;
    }
  };
  try {
    await within("an answer for openssl s_client", answered());
  } finally {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await child.status;
    await writer.abort().catch(() => {});
  }
  return received.slice(0, 4).join() === "32,2,0,0";
}
