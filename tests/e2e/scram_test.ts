import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import mqtt from "mqtt";
import { generate, parser } from "mqtt-packet";
import type { Packet } from "mqtt-packet";
import { makeHash, printHash } from "../../src/security/passwords/mod.ts";
import { BrokerProcess } from "../support/process.ts";
import { SPOILT_FINALS, WRONG_FIRSTS } from "../support/scram_attacks.ts";
import { ScramClient } from "../support/scram_client.ts";
import { Inbox, within } from "../support/wait.ts";

const METHOD = "SCRAM-SHA-256";

/** A broker with one user in a password file and one in its settings. */
async function scramBroker(folder: string): Promise<BrokerProcess> {
  const file = `${folder}/passwd`;
  const password = new TextEncoder().encode("pencil");
  const hash = printHash(await makeHash(password, "scram-sha-256"));
  await Deno.writeTextFile(file, `ann:${hash}\n`, { mode: 0o600 });
  return await BrokerProcess.start({
    config: `
[[listener]]
bind = "127.0.0.1"
port = 0

[[auth]]
type = "scram"
file = "${file}"

[[auth]]
type = "password-file"
file = "${file}"

[[user]]
name = "bob"
password = "plain"

[[acl]]
user = "ann"
topic = "ann/#"

[access]
login_delay = 0
`,
  });
}

/** A client that sends packets as a test makes them. */
class PacketClient implements Disposable {
  readonly packets = new Inbox<Packet>("a packet");
  readonly closed: Promise<void>;
  readonly #conn: Deno.Conn;

  private constructor(conn: Deno.Conn) {
    this.#conn = conn;
    const incoming = parser({ protocolVersion: 5 });
    incoming.on("packet", (packet) => this.packets.push(packet));
    this.closed = (async () => {
      for await (const chunk of conn.readable) {
        incoming.parse(Buffer.from(chunk));
      }
    })().catch(() => {});
  }

  /** Begins an authentication with the first message of `scram`. */
  static begin(port: number, scram: ScramClient): Promise<PacketClient> {
    return PacketClient.beginWith(port, scram.first());
  }

  /** Begins one with these bytes, or with none. */
  static async beginWith(
    port: number,
    data: Uint8Array | null,
    authenticationMethod = METHOD,
  ): Promise<PacketClient> {
    const client = new PacketClient(
      await Deno.connect({ hostname: "127.0.0.1", port }),
    );
    await client.send({
      cmd: "connect",
      protocolId: "MQTT",
      protocolVersion: 5,
      clientId: "raw",
      clean: true,
      keepalive: 0,
      properties: {
        authenticationMethod,
        ...data === null ? {} : { authenticationData: Buffer.from(data) },
      },
    });
    return client;
  }

  async send(packet: Packet): Promise<void> {
    const bytes = generate(packet, { protocolVersion: 5 });
    const writer = this.#conn.writable.getWriter();
    await writer.write(Uint8Array.from(bytes));
    writer.releaseLock();
  }

  async auth(
    reasonCode: number,
    data: Uint8Array,
    authenticationMethod = METHOD,
  ): Promise<void> {
    await this.send({
      cmd: "auth",
      reasonCode,
      properties: {
        authenticationMethod,
        authenticationData: Buffer.from(data),
      },
    } as Packet);
  }

  /** The next packet, which must be of this kind; its code and data. */
  async next(cmd: string): Promise<{ code: number; data: Uint8Array }> {
    const packet = await this.packets.next() as Packet & {
      reasonCode?: number;
      properties?: { authenticationData?: Uint8Array };
    };
    assert.equal(packet.cmd, cmd);
    const data = packet.properties?.authenticationData ?? new Uint8Array(0);
    return { code: packet.reasonCode ?? 0, data };
  }

  [Symbol.dispose](): void {
    try {
      this.#conn.close();
    } catch {
      // The broker has ended it already.
    }
  }
}

/** Both messages; what comes of it. */
async function answer(client: PacketClient, scram: ScramClient) {
  const question = await client.next("auth");
  assert.equal(question.code, 0x18);
  await client.auth(0x18, scram.final(question.data));
}

Deno.test("SCRAM over sockets", async (test) => {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-scram-" });
  try {
    await using broker = await scramBroker(folder);
    const port = broker.port();

    await test.step("both prove themselves, and again while the client is in", async () => {
      const scram = new ScramClient("ann", "pencil");
      using client = await PacketClient.begin(port, scram);
      await answer(client, scram);
      const connack = await client.next("connack");
      assert.equal(connack.code, 0);
      assert.ok(scram.believes(connack.data));
      const again = new ScramClient("ann", "pencil");
      await client.auth(0x19, again.first());
      await answer(client, again);
      const done = await client.next("auth");
      assert.equal(done.code, 0);
      assert.ok(again.believes(done.data));
    });

    await test.step("a wrong password ends a client that is in", async () => {
      const scram = new ScramClient("bob", "plain");
      using client = await PacketClient.begin(port, scram);
      await answer(client, scram);
      assert.equal((await client.next("connack")).code, 0);
      const wrong = new ScramClient("bob", "other");
      await client.auth(0x19, wrong.first());
      await answer(client, wrong);
      assert.equal((await client.next("disconnect")).code, 0x87);
      await within("the close", client.closed);
    });

    for (const [name, password] of [["ann", "pen"], ["eve", "pencil"]]) {
      await test.step(`${name} with ${password} stays outside`, async () => {
        const scram = new ScramClient(name, password);
        using client = await PacketClient.begin(port, scram);
        await answer(client, scram);
        assert.equal((await client.next("connack")).code, 0x87);
        await within("the close", client.closed);
      });
    }

    for (const [what, bytes] of WRONG_FIRSTS) {
      await test.step(`a first message with ${what} is refused`, async () => {
        using client = await PacketClient.beginWith(port, bytes);
        assert.equal((await client.next("connack")).code, 0x82);
        await within("the close", client.closed);
      });
    }

    for (const [what, change] of SPOILT_FINALS) {
      await test.step(`a second message with ${what} is refused`, async () => {
        const scram = new ScramClient("ann", "pencil");
        using client = await PacketClient.begin(port, scram);
        const { data } = await client.next("auth");
        const final = new TextDecoder().decode(scram.final(data));
        await client.auth(0x18, new TextEncoder().encode(change(final)));
        assert.ok((await client.next("connack")).code >= 0x80);
        await within("the close", client.closed);
      });
    }

    await test.step("what was right in another exchange is refused", async () => {
      const nonce = "the-same-nonce-of-the-client";
      const scram = new ScramClient("ann", "pencil", { nonce });
      using client = await PacketClient.begin(port, scram);
      const final = scram.final((await client.next("auth")).data);
      await client.auth(0x18, final);
      assert.equal((await client.next("connack")).code, 0);
      using other = await PacketClient.begin(port, scram);
      await other.next("auth");
      await other.auth(0x18, final);
      assert.ok((await other.next("connack")).code >= 0x80);
    });

    await test.step("a method that is not known is refused", async () => {
      const first = new ScramClient("ann", "pencil").first();
      using client = await PacketClient.beginWith(port, first, "SCRAM-SHA-1");
      assert.equal((await client.next("connack")).code, 0x8c);
    });

    for (
      const [what, breaks] of [
        [
          "another method",
          (client, final) => client.auth(0x18, final, "SCRAM-SHA-1"),
        ],
        ["re-authentication", (client, final) => client.auth(0x19, final)],
        ["a PUBLISH", (client) =>
          client.send({
            ...{ cmd: "publish", topic: "ann/x", payload: "evil" },
            ...{ qos: 0, retain: false, dup: false },
          })],
        ["a SUBSCRIBE", (client) =>
          client.send({
            ...{ cmd: "subscribe", messageId: 1 },
            subscriptions: [{ topic: "ann/#", qos: 0 }],
          })],
      ] as readonly (readonly [
        string,
        (client: PacketClient, final: Uint8Array) => Promise<void>,
      ])[]
    ) {
      await test.step(`${what} in the place of the second message ends it`, async () => {
        const scram = new ScramClient("ann", "pencil");
        using client = await PacketClient.begin(port, scram);
        const { data } = await client.next("auth");
        await breaks(client, scram.final(data));
        await within("the close", client.closed);
        while (client.packets.size > 0) {
          const { cmd, reasonCode } = await client.packets.next() as
            & Packet
            & { reasonCode?: number };
          assert.ok(cmd === "connack" && reasonCode! >= 0x80, cmd);
        }
      });
    }

    await test.step("MQTT.js comes in by it, and its rules hold", async () => {
      const scram = new ScramClient("ann", "pencil");
      const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, {
        protocolVersion: 5,
        reconnectPeriod: 0,
        properties: {
          authenticationMethod: METHOD,
          authenticationData: Buffer.from(scram.first()),
        },
      });
      client.handleAuth = (packet, done) => {
        const data = packet.properties!.authenticationData!;
        done(undefined, {
          cmd: "auth",
          reasonCode: 0x18,
          properties: {
            authenticationMethod: METHOD,
            authenticationData: Buffer.from(scram.final(data)),
          },
        });
      };
      const connack = await within(
        "CONNACK",
        new Promise<mqtt.IConnackPacket>((resolve, reject) => {
          client.once("connect", resolve);
          client.once("error", reject);
        }),
      );
      assert.ok(scram.believes(connack.properties?.authenticationData));
      await client.publishAsync("ann/x", "", { qos: 1 });
      await assert.rejects(client.publishAsync("bob/x", "", { qos: 1 }), {
        code: 0x87,
      });
      await client.endAsync(true);
    });

    await test.step("the same hash serves a password that is sent", async () => {
      const client = await within(
        "MQTT.js",
        mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
          username: "ann",
          password: "pencil",
          reconnectPeriod: 0,
        }, false),
      );
      await client.endAsync(true);
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
