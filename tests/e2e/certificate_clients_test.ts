import assert from "node:assert/strict";
import mqtt, { type IClientOptions } from "mqtt";
import { within } from "../support/wait.ts";
import { CLIENT, type Made, SERVER, Workshop } from "../support/workshop.ts";
import { CertificateBroker } from "./certificate_broker.ts";
import { putOnList } from "./certificate_list.ts";
import { opensslEnters } from "./openssl_client.ts";
import { connectMqttJs } from "./mqttjs_client.ts";
import {
  curl,
  mosquittoClients,
  opensslProgram,
  testWith,
} from "./programs.ts";

const programs = [opensslProgram];

/** A broker that asks for listed certificates by TLS and by WebSocket. */
interface Setting {
  readonly workshop: Workshop;
  readonly broker: CertificateBroker;
  /** The authority's own certificate file. */
  readonly ca: string;
  /** Listed, unlisted. */
  readonly friend: Made;
  readonly stranger: Made;
  readonly revoke: () => Promise<void>;
}

async function inSetting(
  body: (setting: Setting) => Promise<void>,
): Promise<void> {
  await using workshop = await Workshop.open();
  const authority = await workshop.authority("ca");
  const server = await authority.issue("server", { extensions: SERVER });
  const elsewhere = await authority.issue("elsewhere", {
    extensions: ["subjectAltName=DNS:elsewhere.example"],
  });
  const friend = await authority.issue("friend", { extensions: CLIENT });
  const stranger = await authority.issue("stranger", { extensions: CLIENT });
  const crl = workshop.path("ca.crl");
  await authority.list(crl);
  await putOnList(workshop, friend, "authorized");
  const ca = authority.files.cert;
  const all = {
    ...{ ...server, ca: [ca], crl: [crl] },
    client_certificates: "authorized",
    username_from: "cn",
  } as const;
  await using broker = await CertificateBroker.start(workshop, {
    tls: all,
    elsewhere: { ...all, ...elsewhere },
    wss: { ...all, type: "wss" },
    // Who says nothing is let in, and soon let go.
    silent: { ...all, type: "wss", connect_timeout: 200 },
  });
  const revoke = async () => {
    await authority.revoke(friend);
    await authority.list(crl);
  };
  await body({ workshop, broker, ca, friend, stranger, revoke });
}

/** What MQTT.js needs to show `made`. */
async function shown(ca: string, made: Made): Promise<IClientOptions> {
  return {
    ca: await Deno.readTextFile(ca),
    cert: await Deno.readTextFile(made.cert),
    key: await Deno.readTextFile(made.key),
    reconnectPeriod: 0,
  };
}

async function mosquittoEnters(
  host: string,
  port: number,
  ca: string,
  { cert, key }: Made,
): Promise<boolean> {
  const { success } = await new Deno.Command("mosquitto_pub", {
    args: [
      ...["-h", host, "-p", `${port}`, "-t", "a", "-m", "b", "-q", "1"],
      ...["--cafile", ca, "--cert", cert, "--key", key],
    ],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
  return success;
}

testWith(
  [...programs, mosquittoClients],
  "mosquitto_pub: who is listed comes in, and only to the server it asked for",
  async () => {
    await inSetting(async ({ broker, ca, friend, stranger, workshop }) => {
      const port = broker.port("tls");
      assert.equal(await mosquittoEnters("localhost", port, ca, friend), true);
      assert.equal(
        await mosquittoEnters("localhost", port, ca, stranger),
        false,
      );
      const elsewhere = broker.port("elsewhere");
      assert.equal(
        await mosquittoEnters("localhost", elsewhere, ca, friend),
        false,
        "the server's certificate is not for that name",
      );
      // An authority that the client does not know.
      const other = await workshop.authority("other");
      const { cert } = other.files;
      assert.equal(
        await mosquittoEnters("localhost", port, cert, friend),
        false,
      );
    });
  },
);

testWith(
  programs,
  "MQTT.js, mqtts and wss: who is listed comes in",
  async () => {
    await inSetting(async ({ broker, ca, friend, stranger }) => {
      const urls = [
        `mqtts://localhost:${broker.port("tls")}`,
        `wss://localhost:${broker.port("wss")}/mqtt`,
      ];
      for (const url of urls) {
        const client = await connectMqttJs(url, await shown(ca, friend));
        await client.endAsync();
        assert.equal(await broker.closed.next(), "client-disconnect");
        const refused = mqtt.connect(url, await shown(ca, stranger));
        refused.on("error", () => {});
        await within(
          "the close",
          new Promise<void>((resolve) => refused.on("close", resolve)),
        );
        assert.equal(await broker.closed.next(), "certificate-refused");
        await refused.endAsync(true);
      }
    });
  },
);

testWith([...programs, curl], "curl, wss: who is listed stays", async () => {
  await inSetting(async ({ broker, ca, friend, stranger }) => {
    const answer = async ({ cert, key }: Made) => {
      const { stdout } = await new Deno.Command("curl", {
        args: [
          ...["--silent", "--include", "--http1.1", "--cacert", ca],
          ...["--cert", cert, "--key", key],
          ...["-H", "Connection: Upgrade", "-H", "Upgrade: websocket"],
          ...["-H", "Sec-WebSocket-Version: 13"],
          ...["-H", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="],
          ...["-H", "Sec-WebSocket-Protocol: mqtt"],
          `https://localhost:${broker.port("silent")}/mqtt`,
        ],
        stdin: "null",
        stdout: "piped",
        stderr: "null",
      }).output();
      return new TextDecoder().decode(stdout);
    };
    await answer(stranger);
    assert.equal(await broker.closed.next(), "certificate-refused");
    assert.match(await answer(friend), /^HTTP\/1.1 101/);
    assert.equal(await broker.closed.next(), "connect-timeout");
  });
});

/** How a certificate may be taken back while its client is connected. */
const ways: readonly [string, (setting: Setting) => Promise<void>][] = [
  [
    "on the list",
    ({ workshop, friend }) => putOnList(workshop, friend, "revoked"),
  ],
  ["by its issuer's list", ({ revoke }) => revoke()],
];
for (const [way, takeBack] of ways) {
  testWith(
    programs,
    `revoked ${way} while connected: 0x87, and out for good`,
    async () => {
      await inSetting(async (setting) => {
        const { broker, ca, friend } = setting;
        const client = await connectMqttJs(
          `mqtts://localhost:${broker.port("tls")}`,
          { ...await shown(ca, friend), protocolVersion: 5 },
        );
        const dismissed = new Promise<number | undefined>((resolve) =>
          client.on("disconnect", (packet) => resolve(packet.reasonCode))
        );
        // The watch sees it by itself; nobody tells the broker.
        await takeBack(setting);
        assert.equal(await within("the DISCONNECT", dismissed), 0x87);
        assert.equal(await broker.closed.next(), "certificate-revoked");
        await client.endAsync(true);
        const { cert, key } = friend;
        const args = ["-cert", cert, "-key", key];
        assert.equal(await opensslEnters(broker.port("tls"), args), false);
        assert.equal(await broker.closed.next(), "certificate-refused");
      });
    },
  );
}
