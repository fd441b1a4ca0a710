import assert from "node:assert/strict";
import { BrokerProcess } from "../support/process.ts";
import { until } from "../support/wait.ts";
import { makeTlsPems } from "../support/tls_pems.ts";
import { curl, mosquittoClients, testWith } from "./programs.ts";

const CONFIG = `
[[listener]]
name = "plain"
port = 0

[[listener]]
name = "safe"
type = "tls"
bind = "127.0.0.1"
port = 0

[[listener]]
name = "web"
type = "websocket"
port = 0
path = "/mqtt"

[[auth]]
type = "users"

[[user]]
name = "ann"
password = "another"
`;

/** A client that is refused: its command line, and its line in the log. */
type Case = readonly [args: readonly string[], line: RegExp];

/** The cases for real ports; `otherCa` is an authority of somebody else. */
function casesOf(broker: BrokerProcess, otherCa: string): readonly Case[] {
  const [plain, safe, web] = ["plain", "safe", "web"].map((name) =>
    broker.port(name)
  );
  const publish = (port: number, ...more: string[]) => [
    mosquittoClients.command!,
    ...["-h", "localhost", "-p", `${port}`, "-t", "t", "-m", "m", ...more],
  ];
  const text = (listener: string, reason: string, text: string) =>
    new RegExp(
      ` refused connection=\\d+ from="127\\.0\\.0\\.1:\\d+" ` +
        `listener="${listener}" .*reason="${reason}" .*text="${text}`,
    );
  const upgrade = [
    ...["-H", "Connection: Upgrade", "-H", "Upgrade: websocket"],
    ...["-H", "Sec-WebSocket-Version: 13"],
    ...["-H", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="],
    ...["-H", "Sec-WebSocket-Protocol: mqtt"],
  ];
  return [
    [
      publish(safe),
      text(
        ...["safe", "tls-handshake"] as const,
        `the client does not speak TLS.* without TLS is on port ${plain} `,
      ),
    ],
    [
      publish(safe, "--cafile", otherCa),
      text("safe", "tls-handshake", "the client does not trust .*--cafile"),
    ],
    [
      publish(plain, "--cafile", otherCa),
      text(
        ...["plain", "unknown-protocol"] as const,
        `the client speaks TLS, .* TLS is on port ${safe} .listener safe`,
      ),
    ],
    [
      [curl.command!, "--silent", `http://127.0.0.1:${plain}/`],
      text(
        ...["plain", "unknown-protocol"] as const,
        `the client speaks HTTP, .* over WebSocket is on port ${web} `,
      ),
    ],
    [
      [
        ...[curl.command!, "--silent", ...upgrade],
        `http://127.0.0.1:${web}/other`,
      ],
      text(
        ...["web", "websocket-handshake"] as const,
        "the client asks for a path .*the path /mqtt for",
      ),
    ],
    [
      publish(web),
      text(
        ...["web", "websocket-handshake"] as const,
        `the client speaks MQTT, .* expects WebSocket: MQTT is on port ${plain}`,
      ),
    ],
    [
      publish(plain, "-u", "ann", "-P", "secret-word", "-i", "pump"),
      /client="pump" user="ann" reason="auth-failed" code="bad-user-name-or-password" reason_code="0x86" text="not auth/,
    ],
  ];
}

testWith(
  [mosquittoClients, curl],
  "log: each client that is refused is told why, and what to do",
  async () => {
    const { ca } = await makeTlsPems();
    const folder = await Deno.makeTempDir();
    const otherCa = `${folder}/other.pem`;
    await Deno.writeTextFile(otherCa, ca);
    await using broker = await BrokerProcess.start({
      config: CONFIG,
      args: ["--set", `authority.path=${JSON.stringify(`${folder}/own`)}`],
    });
    for (const [[command, ...args], line] of casesOf(broker, otherCa)) {
      await new Deno.Command(command, {
        ...{ args, stdin: "null", stdout: "null", stderr: "null" } as const,
      }).output();
      await until(`${line}`, () => line.test(broker.log));
    }
    assert.doesNotMatch(broker.log, /secret-word/);
    await Deno.remove(folder, { recursive: true });
  },
);

testWith(
  [mosquittoClients],
  "log: a client that comes, takes the place of another and goes is told each time",
  async () => {
    await using broker = await BrokerProcess.start();
    const subscriber = mosquittoClients.command!.replace(/_pub$/, "_sub");
    const subscribe = () =>
      new Deno.Command(subscriber, {
        args: ["-p", `${broker.port()}`, "-t", "t", "-i", "same", "-E"],
        ...{ stdin: "null", stdout: "null", stderr: "null" } as const,
      }).output();
    const first = new Deno.Command(subscriber, {
      args: ["-p", `${broker.port()}`, "-t", "t", "-i", "same"],
      ...{ stdin: "null", stdout: "null", stderr: "null" } as const,
    }).spawn();
    await until("the first", () => / connected .*"same"/.test(broker.log));
    await subscribe();
    first.kill();
    await first.status;
    const line = (event: string, rest: string) =>
      until(
        `${event} ${rest}`,
        () =>
          new RegExp(`info {2}${event} connection=\\d+ .*client="same" ${rest}`)
            .test(broker.log),
      );
    await line("connected", 'version=4 keep_alive=60 session="new"');
    await line(
      "disconnected",
      'reason="taken-over" code="taken-over" reason_code="0x8E" text="another connection uses the same',
    );
    await line("disconnected", 'reason="client-disconnect" text="');
  },
);
