import assert from "node:assert/strict";
import type { ListenerSettings } from "../../src/config/mod.ts";
import { connectTo, openListener } from "../support/listening.ts";
import { makeTlsPems } from "../support/tls_pems.ts";
import { until } from "../support/wait.ts";

const pems = await makeTlsPems();

const proxy = { proxy_protocol: true, trusted_proxies: ["127.0.0.1"] };

const kinds: [kind: string, said: Partial<ListenerSettings>][] = [
  ["tcp", { type: "tcp" }],
  ["tls", { type: "tls" }],
  ["websocket", { type: "websocket" }],
  ["wss", { type: "wss" }],
  ["one port", { type: "tls", one_port: true }],
  ["proxied tls", { type: "tls", ...proxy }],
];

/**
 * Which timer the system runs for the connection between two local ports, as
 * `/proc/net/tcp` has it: `02` is keep-alive, null is no such connection.
 */
async function timerOf(local: number, remote: number): Promise<string | null> {
  const port = (number: number) =>
    number.toString(16).toUpperCase().padStart(4, "0");
  const table = await Deno.readTextFile("/proc/net/tcp");
  for (const line of table.split("\n")) {
    const columns = line.trim().split(/\s+/);
    if (!columns[1]?.endsWith(`:${port(local)}`)) continue;
    if (!columns[2].endsWith(`:${port(remote)}`)) continue;
    return columns[5].split(":")[0];
  }
  return null;
}

for (const [kind, said] of kinds) {
  Deno.test(`tcp keep-alive ${kind}: the system runs its timer for a connection`, async () => {
    const opened = await openListener(said, { choose: () => pems.server });
    const { port } = opened.listener.address;
    const client = await connectTo(opened);
    const remote = client.localAddr.port;
    // The client's own end shows what a connection without it looks like.
    assert.equal(await timerOf(remote, port), "00");
    await until(
      "a keep-alive timer",
      async () => await timerOf(port, remote) === "02",
    );
    client.close();
    opened.listener.close();
  });
}
