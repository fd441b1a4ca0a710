import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  createHmac,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from "node:crypto";
import { BrokerProcess } from "../support/process.ts";
import { Packets } from "../support/packets.ts";
import { within } from "../support/wait.ts";

// Tokens that must admit no client, each sent over a socket as a password: to a
// listener whose tokens are signed with a secret, and to one with a public key.

const SECRET = "the secret that signs what these tests show";
const NOW = Math.floor(Date.now() / 1000);
const CLAIMS = { sub: "bob", iss: "me", aud: "mqtt", exp: NOW + 3600 };

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const PUBLIC = rsa.publicKey.export({ type: "spki", format: "pem" }) as string;

type Json = Record<string, unknown>;

const encoded = (value: unknown) =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value))
    .toString("base64url");

/** A token by HMAC, whatever header and claims say. */
function hmac(
  claims: unknown = CLAIMS,
  header: unknown = { alg: "HS256" },
  secret: string | Uint8Array = SECRET,
  hash = "sha256",
): string {
  const content = `${encoded(header)}.${encoded(claims)}`;
  const mac = createHmac(hash, secret).update(content).digest("base64url");
  return `${content}.${mac}`;
}

/** A token by the private key of the listener `public`. */
function signed(claims: unknown, header: Json, key: KeyObject): string {
  const content = `${encoded(header)}.${encoded(claims)}`;
  const bytes = sign("sha256", Buffer.from(content), key);
  return `${content}.${bytes.toString("base64url")}`;
}

const [HEAD, BODY, MAC] = hmac().split(".");
const own = { kty: "oct", k: encoded("another secret of 32 bytes or more") };

const ATTACKS: readonly [what: string, token: string][] = [
  ["no algorithm", `${encoded({ alg: "none" })}.${BODY}.`],
  ["no algorithm, in capitals", `${encoded({ alg: "NONE" })}.${BODY}.`],
  [
    "no algorithm, with a signature",
    `${encoded({ alg: "none" })}.${BODY}.${MAC}`,
  ],
  ["an algorithm in small letters", hmac(CLAIMS, { alg: "hs256" })],
  ["an algorithm that is a list", hmac(CLAIMS, { alg: ["HS256"] })],
  ["a header without an algorithm", hmac(CLAIMS, {})],
  ["no signature", `${HEAD}.${BODY}.`],
  ["no part for a signature", `${HEAD}.${BODY}`],
  ["half a signature", `${HEAD}.${BODY}.${MAC.slice(0, 22)}`],
  ["a signature that was changed", `${HEAD}.${BODY}.A${MAC.slice(1)}`],
  [
    "the signature of other claims",
    `${HEAD}.${encoded({ ...CLAIMS, sub: "eve" })}.${MAC}`,
  ],
  [
    "the signature under another header",
    `${encoded({ alg: "HS256", kid: "x" })}.${BODY}.${MAC}`,
  ],
  ["an empty secret", hmac(CLAIMS, undefined, "")],
  ["another secret", hmac(CLAIMS, undefined, SECRET.toUpperCase())],
  ["the public key as a secret", hmac(CLAIMS, undefined, PUBLIC)],
  [
    "the public key as a secret, without its last line end",
    hmac(CLAIMS, undefined, PUBLIC.trim()),
  ],
  ["another algorithm's name", hmac(CLAIMS, { alg: "HS384" })],
  [
    "another accepted kind of MAC",
    hmac(CLAIMS, { alg: "HS512" }, SECRET, "sha512"),
  ],
  ["an RSA algorithm over a MAC", hmac(CLAIMS, { alg: "RS256" })],
  [
    "a key of its own in the header",
    hmac(
      CLAIMS,
      { alg: "HS256", jwk: own },
      "another secret of 32 bytes or more",
    ),
  ],
  [
    "the address of a key in the header",
    hmac(CLAIMS, { alg: "HS256", jku: "http://127.0.0.1:1/keys" }, "x"),
  ],
  [
    "a key id that is a path",
    hmac(CLAIMS, { alg: "HS256", kid: "/dev/null" }, ""),
  ],
  [
    "a demand that is not known",
    hmac(CLAIMS, { alg: "HS256", crit: ["x"], x: 1 }),
  ],
  [
    "claims that are not encoded",
    hmac(CLAIMS, { alg: "HS256", crit: ["b64"], b64: false }),
  ],
  ["five parts", `${HEAD}.${BODY}.${MAC}.${MAC}.${MAC}`],
  ["a space in front", ` ${HEAD}.${BODY}.${MAC}`],
  ["a line end behind", `${HEAD}.${BODY}.${MAC}\n`],
  ["claims that are a list", hmac([CLAIMS])],
  ["claims that are no JSON", hmac("{")],
  ["an end in the past", hmac({ ...CLAIMS, exp: NOW - 3600 })],
  ["an end that is text", hmac({ ...CLAIMS, exp: `${NOW + 3600}` })],
  ["a beginning to come", hmac({ ...CLAIMS, nbf: NOW + 3600 })],
  ["another issuer", hmac({ ...CLAIMS, iss: "you" })],
  ["an issuer in a list", hmac({ ...CLAIMS, iss: ["me"] })],
  ["another audience", hmac({ ...CLAIMS, aud: ["web"] })],
  ["no audience", hmac({ ...CLAIMS, aud: undefined })],
  ["a name that is a number", hmac({ ...CLAIMS, sub: 7 })],
  ["a name that is a list", hmac({ ...CLAIMS, sub: ["bob"] })],
  ["a name with a null character", hmac({ ...CLAIMS, sub: "bob\0" })],
  ["an empty name", hmac({ ...CLAIMS, sub: "" })],
  [
    "a weak algorithm of the right key",
    signed(CLAIMS, { alg: "RS384" }, rsa.privateKey),
  ],
];

/** The code of CONNACK for a client that gives `password` at `port`. */
async function codeOf(port: number, password: string): Promise<number> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const connect = new Packets(5).connect({ username: "any", password });
  for (let at = 0; at < connect.length;) {
    at += await conn.write(connect.subarray(at));
  }
  const answer = new Uint8Array(1024);
  const read = await within("CONNACK", conn.read(answer));
  assert.ok(read !== null && read > 3 && answer[0] === 0x20, "no CONNACK");
  return answer[3];
}

Deno.test(`tokens: ${ATTACKS.length} that must not come in, over a socket`, async (test) => {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-tokens-" });
  const claims = `issuer = "me"\naudience = ["mqtt"]\n`;
  await Deno.writeTextFile(`${folder}/key.pem`, PUBLIC);
  try {
    await using broker = await BrokerProcess.start({
      config: `
[[listener]]
name = "secret"
port = 0
[[listener]]
name = "public"
port = 0
[access]
login_delay = "0s"
max_failures = 0
[[auth]]
type = "jwt"
listener = "secret"
key = "${SECRET}"
algorithms = ["HS256"]
${claims}
[[auth]]
type = "jwt"
listener = "public"
key_file = "${folder}/key.pem"
algorithms = ["RS256"]
${claims}`,
    });
    const ports = ["secret", "public"].map((name) => broker.port(name));
    const right = [hmac(), signed(CLAIMS, { alg: "RS256" }, rsa.privateKey)];
    await test.step("the right ones come in, each at its listener", async () => {
      for (const [at, token] of right.entries()) {
        assert.equal(await codeOf(ports[at], token), 0);
        assert.notEqual(await codeOf(ports[1 - at], token), 0);
      }
    });
    for (const [what, token] of ATTACKS) {
      await test.step(what, async () => {
        for (const port of ports) {
          const code = await codeOf(port, token);
          assert.ok(code === 0x86 || code === 0x87, `CONNACK ${code}`);
        }
      });
    }
    await test.step("the right ones still come in", async () => {
      for (const [at, token] of right.entries()) {
        assert.equal(await codeOf(ports[at], token), 0);
      }
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
