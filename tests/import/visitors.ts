import { connect as connectSocket } from "node:net";
import mqtt, { type IClientOptions, MqttClient } from "mqtt";
import { within } from "../support/wait.ts";
import type { Attempt, Visit } from "./imported_configs.ts";

/** Where a configuration is in force. */
export interface Site {
  readonly folder: string;
  /** What the ports of the file are here. */
  readonly ports: readonly number[];
  /** Of each port; plain MQTT without. */
  readonly speaks: Readonly<Record<number, "mqtts" | "ws">>;
}

const PASSWORDS: Readonly<Record<string, string>> = {
  alice: "wonder",
  bob: "builder",
};

/** What came of an attempt: as its own `comesIn` or `hears`. */
export async function attempted(
  attempt: Attempt,
  site: Site,
): Promise<boolean | string | null> {
  if ("visit" in attempt) {
    const client = await comeIn(attempt.visit, site);
    await client?.endAsync(true);
    return client !== null;
  }
  const to = await comeIn(attempt.to, site);
  const from = attempt.from === attempt.to
    ? to
    : await comeIn(attempt.from, site);
  if (to === null || from === null) return "refused";
  let topic: string | null = null;
  to.on("message", (name) => topic = name);
  const talk = async () => {
    // One that is refused is as good as one that nothing comes by.
    await to.subscribeAsync(attempt.subscribes, { qos: 1 }).catch(() => {});
    await from.publishAsync(attempt.publishes, "x", { qos: 1 });
    // Whatever was to come stands before its answer.
    await to.unsubscribeAsync("nothing");
  };
  // The two may have one client id: the second takes the first one's place.
  const left = new Promise<void>((resolve) => {
    for (const client of [to, from]) {
      if (client.connected) client.once("close", () => resolve());
      else resolve();
    }
  });
  try {
    await within("UNSUBACK", Promise.race([talk().catch(() => {}), left]));
    return topic;
  } finally {
    await to.endAsync(true);
    await from.endAsync(true);
  }
}

/** A client certificate and its key. */
async function shown(
  cert: true | string,
  { folder }: Site,
): Promise<IClientOptions> {
  const path = `${folder}/${cert === true ? "alice" : cert}`;
  return {
    cert: await Deno.readTextFile(`${path}.crt`),
    key: await Deno.readTextFile(`${path}.key`),
  };
}

/** Null when it is not let in. */
async function comeIn(visit: Visit, site: Site): Promise<MqttClient | null> {
  const { at, as } = visit;
  const options: IClientOptions = {
    protocolVersion: 4,
    reconnectPeriod: 0,
    username: as,
    password: as === undefined
      ? undefined
      : visit.password ?? PASSWORDS[as] ?? "any",
    // Who has no certificate must be told by the server.
    rejectUnauthorized: false,
    ...visit.cert && await shown(visit.cert, site),
    ...visit.id !== undefined && { clientId: visit.id },
  };
  const speaks = at === "socket" ? "mqtt" : site.speaks[at] ?? "mqtt";
  const client = at === "socket"
    ? new MqttClient(() => connectSocket(`${site.folder}/mqtt.sock`), options)
    : mqtt.connect(`${speaks}://localhost:${site.ports[at]}`, options);
  const isIn = await within(
    "an answer to CONNECT",
    new Promise<boolean>((resolve) => {
      client.once("connect", () => resolve(true));
      client.once("error", () => resolve(false));
      client.once("close", () => resolve(false));
    }),
  );
  client.on("error", () => {});
  if (isIn) return client;
  await client.endAsync(true);
  return null;
}
