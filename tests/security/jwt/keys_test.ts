import assert from "node:assert/strict";
import {
  type CryptoKey,
  exportJWK,
  exportPKCS8,
  exportSPKI,
  generateKeyPair,
  type JWK,
  SignJWT,
} from "jose";
import { generateKeyPairSync } from "node:crypto";
import {
  jwksKeys,
  JwtLink,
  pemKeys,
  RemoteKeys,
  secretKeys,
} from "../../../src/security/jwt/mod.ts";
import { credentialsOf } from "../../support/credentials_of.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { WebServer } from "../../support/web_server.ts";

const RULES = {
  algorithms: [],
  issuer: "",
  audience: [],
  leeway: 0,
  usernameClaim: "sub",
  matchUsername: false,
  aclClaim: "",
  disconnectOnExpiry: true,
};

interface Pair {
  readonly jwk: JWK;
  readonly privateKey: CryptoKey;
}

async function pairOf(kid?: string, alg = "ES256"): Promise<Pair> {
  const { publicKey, privateKey } = await generateKeyPair(alg, {
    extractable: true,
  });
  const jwk = await exportJWK(publicKey);
  return { jwk: kid === undefined ? jwk : { ...jwk, kid }, privateKey };
}

async function tokenBy(
  { jwk, privateKey }: Pair,
  kid = jwk.kid,
  alg = "ES256",
) {
  const header = kid === undefined ? {} : { kid };
  return await new SignJWT({ sub: "ann" })
    .setProtectedHeader({ alg, ...header }).sign(privateKey);
}

const setOf = (...jwks: JWK[]) => JSON.stringify({ keys: jwks });

const one = await pairOf("one");
const two = await pairOf("two");
const clock = new ManualClock();

Deno.test("jwks: a token is checked by the key that it names", async () => {
  const keys = await jwksKeys(setOf(one.jwk, two.jwk), "set.json");
  const link = new JwtLink("jwt", RULES, keys, clock);
  const kindOf = async (token: string) =>
    (await link.judge(credentialsOf({ password: token }))).kind;
  assert.equal(await kindOf(await tokenBy(one)), "allow");
  assert.equal(await kindOf(await tokenBy(two)), "allow");
  assert.equal(await kindOf(await tokenBy(two, "one")), "ignore");
  assert.equal(await kindOf(await tokenBy(one, "three")), "ignore");
});

Deno.test("jwks: keys without names are tried one after the other", async () => {
  const pairs = [await pairOf(), await pairOf()];
  const text = setOf(...pairs.map(({ jwk }) => jwk));
  const keys = await jwksKeys(text, "set.json");
  const link = new JwtLink("jwt", RULES, keys, clock);
  for (const pair of pairs) {
    const password = await tokenBy(pair);
    const verdict = await link.judge(credentialsOf({ password }));
    assert.equal(verdict.kind, "allow");
  }
});

Deno.test("jwks: what is for other uses is left out, and a set of nothing else refused", async () => {
  const mixed = setOf(
    { ...two.jwk, use: "enc" },
    { kty: "oct", k: "AAAA" },
    { ...two.jwk, crv: "P-192" },
    one.jwk,
  );
  const keys = await jwksKeys(mixed, "set.json");
  assert.deepEqual(keys.algorithms, ["ES256"]);
  assert.deepEqual(await keys.find({ alg: "ES256", kid: "two" }), []);
  const secrets = setOf({ kty: "oct", k: "AAAA" });
  await assert.rejects(jwksKeys(secrets, "set.json"), /set\.json holds no key/);
});

const rsa = await pairOf("rsa", "RS256");
const shortRsa = generateKeyPairSync("rsa", { modulusLength: 1024 })
  .publicKey.export({ format: "jwk" }) as JWK;

const UNUSABLE: readonly [what: string, jwk: unknown][] = [
  ["an RSA key of 1024 bits", { ...shortRsa, kid: "one" }],
  ["an RSA key without a modulus", { kty: "RSA", e: "AQAB" }],
  ["an RSA key without an exponent", { ...rsa.jwk, e: undefined }],
  ["an RSA key with a modulus of 0", { ...rsa.jwk, n: "AAAA" }],
  ["an RSA key with an exponent of 0", { ...rsa.jwk, e: "AA" }],
  ["an RSA key that is no base64url", { ...rsa.jwk, n: "!!!" }],
  ["an RSA key with a number for a text", { ...rsa.jwk, n: 5 }],
  ["a key of P-256 with a short coordinate", { ...one.jwk, x: "AAAA" }],
  ["a key of P-256 beside its curve", { ...one.jwk, y: one.jwk.x }],
  ["a key of Ed25519 that is too short", {
    kty: "OKP",
    crv: "Ed25519",
    x: "AAAA",
  }],
  ["a key with another kind of key_ops", { ...rsa.jwk, key_ops: 5 }],
  ["a key with another kind of alg", { ...rsa.jwk, alg: 5 }],
  ["a key with another kind of curve", { kty: "EC", crv: {} }],
  ["a key with a kind that nobody knows", { kty: "XYZ", kid: "one" }],
  ["a text", "key"],
];

for (const [what, jwk] of UNUSABLE) {
  Deno.test(`jwks: ${what} is ignored, and the other keys count`, async () => {
    const text = setOf(jwk as JWK, one.jwk, rsa.jwk);
    await using server = new WebServer(respond(text));
    const remote = remoteOf(server);
    const local = new JwtLink(
      "jwt",
      RULES,
      await jwksKeys(text, "set.json"),
      clock,
    );
    for (const link of [local, remote.link]) {
      for (const [pair, alg] of [[one, "ES256"], [rsa, "RS256"]] as const) {
        for (const kid of [pair.jwk.kid, undefined]) {
          const password = await tokenBy(pair, kid, alg);
          const verdict = await link.judge(credentialsOf({ password }));
          assert.equal(verdict.kind, "allow", `${alg} ${kid}`);
        }
      }
    }
    assert.deepEqual(remote.told, []);
  });
}

Deno.test("jwks: a set of nothing but a short RSA key is refused with the length", async () => {
  await assert.rejects(
    jwksKeys(setOf(shortRsa), "set.json"),
    /set\.json holds no key.*RSA \(2048 bits or more\)/,
  );
});

const BAD_SETS: readonly [what: string, text: string, wrong: RegExp][] = [
  ["nothing", "", /is not a JWKS/],
  ["a list", "[]", /is not a JWKS/],
  ["null", "null", /is not a JWKS/],
  ["no list of keys", `{"keys": {}}`, /is not a JWKS/],
  ["no keys", `{"keys": []}`, /holds no key/],
  ["keys that are none", `{"keys": [1, null, "x"]}`, /holds no key/],
  [
    "too many keys",
    JSON.stringify({ keys: Array(101).fill(one.jwk) }),
    /more than the 100 allowed/,
  ],
];

for (const [what, text, wrong] of BAD_SETS) {
  Deno.test(`jwks: ${what} is refused with file and reason`, async () => {
    await assert.rejects(jwksKeys(text, "set.json"), wrong);
  });
}

Deno.test("jwt: bad keys are refused with what to do", async () => {
  const { privateKey, publicKey } = await generateKeyPair("ES256", {
    extractable: true,
  });
  const secret = await exportPKCS8(privateKey);
  await assert.rejects(pemKeys(secret, "k.pem"), /k\.pem holds a private key/);
  await assert.rejects(pemKeys("hello", "k.pem"), /k\.pem holds no public key/);
  assert.throws(() => secretKeys("short"), /5 bytes.*give 32 random ones/);
  assert.ok(await pemKeys(await exportSPKI(publicKey), "k.pem"));
});

/** Keys that are fetched from a server of the test's own. */
function remoteOf(server: WebServer, cache = 60_000) {
  const clock = new ManualClock();
  const told: string[] = [];
  const keys = new RemoteKeys(
    {
      url: `${server.url}/keys?secret=x`,
      timeout: 1000,
      cache,
      onTrouble: (error) => told.push(error.message),
      onRecovered: () => told.push("recovered"),
    },
    clock,
  );
  const link = new JwtLink("jwt", RULES, keys, clock);
  const kindOf = async (pair: Pair) => {
    const password = await tokenBy(pair);
    return (await link.judge(credentialsOf({ password }))).kind;
  };
  return { clock, told, link, keys, kindOf };
}

const respond = (text: string) => () => new Response(text);

Deno.test("jwks_url: is fetched once, and again when it is old", async () => {
  await using server = new WebServer(respond(setOf(one.jwk)));
  const { clock, kindOf } = remoteOf(server);
  const kinds = await Promise.all([kindOf(one), kindOf(one), kindOf(one)]);
  assert.deepEqual(kinds, ["allow", "allow", "allow"]);
  assert.equal(server.calls.length, 1);
  assert.equal(server.calls[0].method, "GET");
  clock.advance(59_999);
  await kindOf(one);
  assert.equal(server.calls.length, 1);
  clock.advance(1);
  // A key that is gone is not accepted any longer.
  server.answer = respond(setOf(two.jwk));
  assert.equal(await kindOf(one), "ignore");
  assert.equal(server.calls.length, 2);
});

Deno.test("jwks_url: a key that is not known fetches anew, but not for every stranger", async () => {
  await using server = new WebServer(respond(setOf(one.jwk)));
  const { clock, kindOf } = remoteOf(server);
  await kindOf(one);
  server.answer = respond(setOf(one.jwk, two.jwk));
  assert.equal(await kindOf(two), "ignore");
  assert.equal(server.calls.length, 1);
  clock.advance(10_000);
  assert.equal(await kindOf(two), "allow");
  assert.equal(server.calls.length, 2);
  const stranger = await pairOf("stranger");
  assert.equal(await kindOf(stranger), "ignore");
  assert.equal(await kindOf(stranger), "ignore");
  assert.equal(server.calls.length, 2);
});

Deno.test("jwks_url: an outage is told once; known keys go on for an hour", async () => {
  await using server = new WebServer(respond(setOf(one.jwk)));
  const { clock, kindOf, told } = remoteOf(server);
  await kindOf(one);
  server.answer = () => new Response("down", { status: 503 });
  clock.advance(60_000);
  assert.equal(await kindOf(one), "allow");
  assert.equal(await kindOf(one), "allow");
  assert.equal(server.calls.length, 2);
  clock.advance(10_000);
  assert.equal(await kindOf(one), "allow");
  assert.equal(told.length, 1);
  assert.match(told[0], /\/keys answered 503$/);
  clock.advance(3600_000);
  assert.equal(await kindOf(one), "deny");
  server.answer = respond(setOf(one.jwk));
  clock.advance(10_000);
  assert.equal(await kindOf(one), "allow");
  assert.equal(told.at(-1), "recovered");
});

Deno.test("jwks_url: without any keys a login is refused as the server's fault", async () => {
  await using server = new WebServer(respond("no JSON"));
  const { link, told } = remoteOf(server);
  const password = await tokenBy(one);
  const verdict = await link.judge(credentialsOf({ password }));
  assert.equal(verdict.kind, "deny");
  assert.equal(verdict.reasonCode, 0x88);
  assert.match(told[0], /is not a JWKS/);
});

Deno.test("jwks_url: a server that does not answer is given up in time", async () => {
  const released = Promise.withResolvers<Response>();
  const asked = Promise.withResolvers<void>();
  await using server = new WebServer(() => {
    asked.resolve();
    return released.promise;
  });
  const { clock, link, told } = remoteOf(server);
  const password = await tokenBy(one);
  const verdict = link.judge(credentialsOf({ password }));
  await asked.promise;
  clock.advance(1000);
  assert.equal((await verdict).kind, "deny");
  assert.match(told[0], /did not answer within 1000 ms/);
  released.resolve(new Response(""));
});
