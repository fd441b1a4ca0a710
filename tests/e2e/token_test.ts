import assert from "node:assert/strict";
import type { MqttClient } from "mqtt";
import {
  type CryptoKey,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  SignJWT,
} from "jose";
import { BrokerProcess } from "../support/process.ts";
import { within } from "../support/wait.ts";
import { WebServer } from "../support/web_server.ts";
import { connectMqttJs } from "./mqttjs_client.ts";

const SECRET = "a secret that is long enough to be one";

/** Seconds since 1970. */
const soon = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

/** A token with these claims, signed with the secret unless said otherwise. */
async function tokenOf(
  claims: Record<string, unknown>,
  alg = "HS256",
  key: CryptoKey | Uint8Array = new TextEncoder().encode(SECRET),
  kid?: string,
): Promise<string> {
  return await new SignJWT(claims).setProtectedHeader({ alg, kid }).sign(key);
}

async function enter(
  port: number,
  token: string,
  protocolVersion: 4 | 5 = 5,
  username = "token",
): Promise<MqttClient> {
  return await connectMqttJs(`mqtt://127.0.0.1:${port}`, {
    protocolVersion,
    username,
    password: token,
  });
}

Deno.test("tokens by MQTT.js: four sources of keys in one chain", async (test) => {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-token-" });
  const pem = await generateKeyPair("ES256");
  const filed = await generateKeyPair("EdDSA");
  const fetched = await generateKeyPair("ES384");
  const other = await generateKeyPair("ES256");
  const setOf = async (key: CryptoKey, kid: string) =>
    JSON.stringify({ keys: [{ ...await exportJWK(key), kid }] });
  const set = await setOf(fetched.publicKey, "fetched");
  await using server = new WebServer(() => new Response(set));
  await Deno.writeTextFile(
    `${folder}/key.pem`,
    await exportSPKI(pem.publicKey),
  );
  await Deno.writeTextFile(
    `${folder}/set.json`,
    await setOf(filed.publicKey, "filed"),
  );
  try {
    await using broker = await BrokerProcess.start({
      config: `
[[listener]]
bind = "127.0.0.1"
port = 0

[[auth]]
type = "jwt"
key = "${SECRET}"
issuer = "here"
acl_claim = "mqtt.acl"

[[auth]]
type = "jwt"
key_file = "${folder}/key.pem"
audience = ["mqtt"]
username_claim = "name"

[[auth]]
type = "jwt"
jwks_file = "${folder}/set.json"
match_username = true

[[auth]]
type = "jwt"
jwks_url = "${server.url}/jwks"
disconnect_on_expiry = false

[access]
login_delay = 0
max_failures = 0
`,
    });
    const port = broker.port();
    const refused = async (token: string, code: number, username?: string) => {
      await assert.rejects(enter(port, token, 5, username), { code });
      const v4 = code === 0x87 ? 5 : 4;
      await assert.rejects(enter(port, token, 4, username), { code: v4 });
    };

    await test.step("a secret, and what the token grants", async () => {
      const claims = {
        sub: "ann",
        iss: "here",
        mqtt: { acl: { publish: ["ann/#"], subscribe: ["all/#"] } },
      };
      const client = await enter(port, await tokenOf(claims));
      await client.publishAsync("ann/x", "", { qos: 1 });
      await assert.rejects(client.publishAsync("all/x", "", { qos: 1 }));
      await client.subscribeAsync("all/x");
      await assert.rejects(client.subscribeAsync("ann/x"));
      await client.endAsync(true);
    });

    await test.step("a PEM file, a JWKS file and a JWKS of a server", async () => {
      const tokens = [
        await tokenOf({ name: "bob", aud: "mqtt" }, "ES256", pem.privateKey),
        await tokenOf({ sub: "token" }, "EdDSA", filed.privateKey, "filed"),
        await tokenOf({ sub: "eve" }, "ES384", fetched.privateKey, "fetched"),
      ];
      for (const token of tokens) {
        for (const version of [4, 5] as const) {
          const client = await enter(port, token, version);
          // The links that grant nothing leave everything to the rules.
          await client.publishAsync("any/x", "", { qos: 1 });
          await client.endAsync(true);
        }
      }
      assert.equal(server.calls.length, 1);
    });

    await test.step("wrong ones", async () => {
      const now = soon(0);
      await refused(await tokenOf({ sub: "x", iss: "there" }), 0x86);
      await refused(await tokenOf({ sub: "x", iss: "here", exp: now }), 0x87);
      await refused(
        await tokenOf({ name: "x", aud: "web" }, "ES256", pem.privateKey),
        0x87,
      );
      await refused(
        await tokenOf({ name: "x", aud: "mqtt" }, "ES256", other.privateKey),
        0x86,
      );
      await refused(
        await tokenOf({ sub: "x" }, "EdDSA", filed.privateKey, "filed"),
        0x87,
        "y",
      );
      await refused("pencil", 0x86);
      await refused("e30.e30.e30", 0x86);
    });

    await test.step("the connection ends when the token does, for who is told", async () => {
      // Time enough for three clients to come in on a busy machine.
      const exp = soon(3);
      const client = await enter(
        port,
        await tokenOf({ sub: "ann", iss: "here", exp }),
      );
      const code = new Promise((resolve) =>
        client.on("disconnect", ({ reasonCode }) => resolve(reasonCode))
      );
      const old = await enter(
        port,
        await tokenOf({ sub: "old", iss: "here", exp }),
        4,
      );
      const closed = new Promise<void>((resolve) =>
        old.on("close", () => resolve())
      );
      const lasting = await enter(
        port,
        await tokenOf(
          { sub: "eve", exp },
          "ES384",
          fetched.privateKey,
          "fetched",
        ),
      );
      assert.equal(await within("DISCONNECT", code), 0x87);
      await within("the close", closed);
      await lasting.publishAsync("still/here", "", { qos: 1 });
      for (const one of [client, old, lasting]) await one.endAsync(true);
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

for (
  const [what, settings, wrong] of [
    [
      "a header of two lines",
      `type = "http"\nurl = "http://127.0.0.1:1/"\nauthorization = "a\\nhidden"`,
      /authorization has a character that(?![^]*hidden)/,
    ],
    [
      "a short secret",
      `type = "jwt"\nkey = "short"`,
      /key is too short: 5 bytes/,
    ],
    [
      "a key file that is not there",
      `type = "jwt"\nkey_file = "/no/k.pem"`,
      /\/no\/k\.pem/,
    ],
    [
      "no algorithm that fits",
      `type = "jwt"\nkey = "${SECRET}"\nalgorithms = ["RS256"]`,
      /no key is made for RS256: accept HS256/,
    ],
  ] as const
) {
  Deno.test(`[[auth]]: ${what} keeps the broker from starting, with the reason`, async () => {
    const config = `[[listener]]\nport = 0\n[[auth]]\n${settings}\n`;
    await assert.rejects(
      BrokerProcess.start({ config }),
      (error: Error) => wrong.test(error.message),
    );
  });
}
