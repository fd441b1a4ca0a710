import type { Connect, Transport, Version } from "./client.ts";
import { type Program, testWith } from "./programs.ts";
import { scenarios } from "./scenarios.ts";
import { BrokerProcess } from "../support/process.ts";

/** MQTT versions by their protocol level. */
export const versionNames = { 3: "3.1", 4: "3.1.1", 5: "5.0" } as const;

const config = `
[[listener]]
name = "tcp"
port = 0

[[listener]]
name = "websocket"
type = "websocket"
port = 0
`;

/** One broker, TCP and WebSocket, for all tests of the file that asks. */
export function sharedBroker(): () => BrokerProcess {
  let broker: BrokerProcess | undefined;
  Deno.test.beforeAll(async () => {
    broker = await BrokerProcess.start({ config });
  });
  Deno.test.afterAll(async () => {
    await broker?.[Symbol.asyncDispose]();
  });
  return () => broker!;
}

/** All scenarios with one client library, over all transports and versions. */
export function testMatrix(
  library: string,
  programs: readonly Program[],
  connect: Connect,
): void {
  const broker = sharedBroker();
  let count = 0;
  for (const transport of ["tcp", "websocket"] as const) {
    for (const version of [3, 4, 5] as const) {
      for (const [name, scenario] of Object.entries(scenarios)) {
        // MQTT 3.1 lets a client id have no more than 23 characters.
        const prefix = `s${count++}`;
        testWith(
          programs,
          title(library, transport, version, name),
          () =>
            scenario({
              connect,
              transport,
              version,
              prefix,
              port: broker().port(transport),
            }),
        );
      }
    }
  }
}

function title(
  library: string,
  transport: Transport,
  version: Version,
  name: string,
): string {
  const carrier = transport === "tcp" ? "TCP" : "WebSocket";
  return `${library}, MQTT ${versionNames[version]} over ${carrier}: ${name}`;
}
