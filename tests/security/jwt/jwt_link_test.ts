import assert from "node:assert/strict";
import {
  type CryptoKey,
  exportPKCS8,
  exportSPKI,
  generateKeyPair,
  importPKCS8,
  SignJWT,
} from "jose";
import {
  JwtLink,
  type JwtRules,
  pemKeys,
  secretKeys,
} from "../../../src/security/jwt/mod.ts";
import { credentialsOf } from "../../support/credentials_of.ts";
import { ManualClock } from "../../support/manual_clock.ts";

/** Seconds since 1970 at which these tests take place. */
const NOW = 1_700_000_000;

const RULES: JwtRules = {
  algorithms: [],
  issuer: "",
  audience: [],
  leeway: 0,
  usernameClaim: "sub",
  matchUsername: false,
  aclClaim: "",
  disconnectOnExpiry: true,
};

const SECRET = "0123456789abcdef0123456789abcdef";
const clock = new ManualClock(NOW * 1000);
const rsa = await generateKeyPair("RS256", { extractable: true });
const otherRsa = await generateKeyPair("RS256", { extractable: true });
const rsaPem = await exportSPKI(rsa.publicKey);

type Signer = CryptoKey | Uint8Array;

const secret = (text = SECRET) => new TextEncoder().encode(text);

async function sign(
  claims: Record<string, unknown>,
  alg = "HS256",
  key: Signer = secret(),
  header: Record<string, unknown> = {},
): Promise<string> {
  return await new SignJWT(claims).setProtectedHeader({ alg, ...header })
    .sign(key);
}

function linkOf(rules: Partial<JwtRules> = {}): JwtLink {
  return new JwtLink("jwt", { ...RULES, ...rules }, secretKeys(SECRET), clock);
}

async function judge(
  token: string | Uint8Array | null,
  rules: Partial<JwtRules> = {},
  username: string | null = null,
) {
  return await linkOf(rules).judge(
    credentialsOf({ password: token, username }),
  );
}

const ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
];

/** A new pair; making one for RSA takes long, so all of its kind share one. */
async function pairOf(alg: string, rsaPem: string) {
  if (!/^[RP]S/.test(alg)) return await generateKeyPair(alg);
  return {
    publicKey: rsa.publicKey,
    privateKey: await importPKCS8(rsaPem, alg),
  };
}

for (const alg of ALGORITHMS) {
  Deno.test(`jwt: ${alg} by a PEM key, its own and another's`, async () => {
    const mine = await pairOf(alg, await exportPKCS8(rsa.privateKey));
    const other = await pairOf(alg, await exportPKCS8(otherRsa.privateKey));
    const keys = await pemKeys(await exportSPKI(mine.publicKey), "key.pem");
    const link = new JwtLink("jwt", RULES, keys, clock);
    const verdict = async (key: Signer) =>
      await link.judge(credentialsOf({
        password: await sign({ sub: "ann" }, alg, key, { kid: "any" }),
      }));
    const right = await verdict(mine.privateKey);
    assert.equal(right.kind, "allow");
    assert.equal(right.identity.username, "ann");
    assert.equal((await verdict(other.privateKey)).kind, "ignore");
  });
}

for (const alg of ["HS256", "HS384", "HS512"]) {
  Deno.test(`jwt: ${alg} by the secret, and by another`, async () => {
    const right = await judge(await sign({ sub: "ann" }, alg));
    assert.equal(right.kind, "allow");
    const wrong = await judge(
      await sign({ sub: "ann" }, alg, secret(SECRET.toUpperCase())),
    );
    assert.equal(wrong.kind, "ignore");
  });
}

Deno.test("jwt: a token without a signature is refused, whatever it says", async () => {
  const part = (value: unknown) =>
    btoa(JSON.stringify(value)).replace(/=+$/, "");
  const token = `${part({ alg: "none" })}.${part({ sub: "ann" })}.`;
  const verdict = await judge(token);
  assert.equal(verdict.kind, "deny");
  assert.equal(verdict.reasonCode, 0x87);
  // Nor does the word help a token that was signed.
  const signed = (await sign({ sub: "ann" })).split(".");
  const changed = await judge(`${part({ alg: "none" })}.${signed[1]}.`);
  assert.equal(changed.kind, "deny");
});

const LETTERS =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

Deno.test("jwt: a token has one text only: no other last letter, no byte order mark", async () => {
  const token = await sign({ sub: "ann" });
  assert.equal((await judge(token)).kind, "allow");
  // HMAC-SHA-256 is 256 bits, its 43 letters are 258.
  const last = LETTERS.indexOf(token.at(-1)!);
  for (
    const other of [
      token.slice(0, -1) + LETTERS[last ^ 1],
      `${token}=`,
      `\ufeff${token}`,
    ]
  ) assert.equal((await judge(other)).kind, "ignore", other);
});

Deno.test("jwt: a public key is never taken for a secret", async () => {
  const keys = await pemKeys(rsaPem, "key.pem");
  const link = new JwtLink("jwt", RULES, keys, clock);
  for (const text of [rsaPem, rsaPem.trim()]) {
    const token = await sign({ sub: "ann" }, "HS256", secret(text));
    const verdict = await link.judge(credentialsOf({ password: token }));
    assert.equal(verdict.kind, "ignore");
  }
});

Deno.test("jwt: only accepted algorithms are, also of a key that could more", async () => {
  const keys = await pemKeys(rsaPem, "key.pem");
  const rules = { ...RULES, algorithms: ["RS512", "HS256"] };
  const link = new JwtLink("jwt", rules, keys, clock);
  const refused = await link.judge(credentialsOf({
    password: await sign({ sub: "ann" }, "RS256", rsa.privateKey),
  }));
  assert.equal(refused.kind, "ignore");
  assert.match(refused.why, /RS256; accepted: RS512$/);
  assert.throws(
    () => new JwtLink("jwt", { ...RULES, algorithms: ["ES256"] }, keys, clock),
    /no key is made for ES256: accept RS256/,
  );
});

interface Cell {
  readonly what: string;
  readonly claims: Record<string, unknown>;
  readonly rules?: Partial<JwtRules>;
  readonly username?: string;
  readonly kind: "allow" | "deny" | "ignore";
  readonly why?: RegExp;
}

const CELLS: readonly Cell[] = [
  { what: "no end", claims: {}, kind: "allow" },
  { what: "an end to come", claims: { exp: NOW + 1 }, kind: "allow" },
  { what: "an end now", claims: { exp: NOW }, kind: "deny", why: /expired/ },
  {
    what: "an end within the leeway",
    claims: { exp: NOW - 4 },
    rules: { leeway: 5000 },
    kind: "allow",
  },
  {
    what: "an end before the leeway",
    claims: { exp: NOW - 5 },
    rules: { leeway: 5000 },
    kind: "deny",
    why: /expired/,
  },
  { what: "an end in words", claims: { exp: "soon" }, kind: "deny" },
  { what: "a beginning now", claims: { nbf: NOW }, kind: "allow" },
  {
    what: "a beginning to come",
    claims: { nbf: NOW + 1 },
    kind: "deny",
    why: /not valid yet/,
  },
  {
    what: "a beginning within the leeway",
    claims: { nbf: NOW + 5 },
    rules: { leeway: 5000 },
    kind: "allow",
  },
  {
    what: "the issuer",
    claims: { iss: "me" },
    rules: { issuer: "me" },
    kind: "allow",
  },
  {
    what: "another issuer",
    claims: { iss: "you" },
    rules: { issuer: "me" },
    kind: "ignore",
    why: /another issuer/,
  },
  {
    what: "no issuer",
    claims: {},
    rules: { issuer: "me" },
    kind: "ignore",
    why: /another issuer/,
  },
  {
    what: "one of the audiences",
    claims: { aud: ["web", "mqtt"] },
    rules: { audience: ["mqtt", "mqtts"] },
    kind: "allow",
  },
  {
    what: "another audience",
    claims: { aud: "web" },
    rules: { audience: ["mqtt"] },
    kind: "deny",
    why: /another value of claim aud/,
  },
  {
    what: "no audience",
    claims: {},
    rules: { audience: ["mqtt"] },
    kind: "deny",
    why: /has no claim aud/,
  },
  {
    what: "no name",
    claims: { sub: undefined },
    kind: "deny",
    why: /claim sub is missing/,
  },
  { what: "a number for a name", claims: { sub: 7 }, kind: "deny" },
  { what: "an empty name", claims: { sub: "" }, kind: "deny" },
  { what: "a name with U+0000", claims: { sub: "a\0b" }, kind: "deny" },
  {
    what: "half a character in its name",
    claims: { sub: "\ud800" },
    kind: "deny",
  },
  {
    what: "another user name in CONNECT",
    claims: {},
    username: "any",
    kind: "allow",
  },
  {
    what: "another user name in CONNECT where that counts",
    claims: {},
    username: "any",
    rules: { matchUsername: true },
    kind: "deny",
    why: /differs from that of the token/,
  },
  {
    what: "the same user name in CONNECT where that counts",
    claims: {},
    username: "ann",
    rules: { matchUsername: true },
    kind: "allow",
  },
  {
    what: "no user name in CONNECT where it would count",
    claims: {},
    rules: { matchUsername: true },
    kind: "allow",
  },
  {
    what: "rules that are a list",
    claims: { acl: ["a/#"] },
    rules: { aclClaim: "acl" },
    kind: "deny",
    why: /claim acl is not an object/,
  },
  {
    what: "rules with a word that is not known",
    claims: { acl: { read: ["a/#"] } },
    rules: { aclClaim: "acl" },
    kind: "deny",
    why: /has read, which is not known/,
  },
  {
    what: "rules with what is no filter",
    claims: { acl: { publish: ["a/#/b"] } },
    rules: { aclClaim: "acl" },
    kind: "deny",
    why: /not a topic filter/,
  },
  {
    what: "rules with a number",
    claims: { acl: { subscribe: [1] } },
    rules: { aclClaim: "acl" },
    kind: "deny",
  },
];

for (const { what, claims, rules, username = null, kind, why } of CELLS) {
  Deno.test(`jwt: a token with ${what}: ${kind}`, async () => {
    const token = await sign({ sub: "ann", ...claims });
    const verdict = await judge(token, rules, username);
    assert.equal(verdict.kind, kind);
    if (verdict.kind === "allow") {
      assert.equal(verdict.identity.username, "ann");
      return;
    }
    if (why !== undefined) assert.match(verdict.why, why);
  });
}

const NO_TOKENS: readonly [
  what: string,
  password: string | Uint8Array | null,
][] = [
  ["no password", null],
  ["an empty password", ""],
  ["an ordinary password", "pencil"],
  ["dots alone", ".."],
  ["three words", "a.b.c"],
  ["bytes that are no text", Uint8Array.of(0xff, 0x2e, 0xff, 0x2e, 0xff)],
  ["what is longer than any token", `e30.e30.${"A".repeat(16_384)}`],
  ["a header without an algorithm", "e30.e30.AAAA"],
];

for (const [what, password] of NO_TOKENS) {
  Deno.test(`jwt: ${what} is left to others`, async () => {
    assert.equal((await judge(password)).kind, "ignore");
  });
}

Deno.test("jwt: a token that was changed is not taken", async () => {
  const [header, claims, signature] = (await sign({ sub: "ann" })).split(".");
  const other = (await sign({ sub: "bob" })).split(".");
  for (
    const token of [
      `${header}.${other[1]}.${signature}`,
      `${header}.${claims}.${signature.slice(2)}`,
      `${header}.${claims}.`,
    ]
  ) assert.notEqual((await judge(token)).kind, "allow");
});

Deno.test("jwt: a claim inside others is found, and one with dots in its name first", async () => {
  const cases: readonly [claim: string, claims: Record<string, unknown>][] = [
    ["realm.user.name", { realm: { user: { name: "eve" } } }],
    ["realm.user", { "realm.user": "eve", realm: { user: "bob" } }],
    ["https://a.b/u.name", { "https://a.b/u": { name: "eve" } }],
  ];
  for (const [usernameClaim, claims] of cases) {
    const verdict = await judge(await sign(claims), { usernameClaim });
    assert.equal(verdict.kind, "allow");
    assert.equal(verdict.identity.username, "eve");
  }
  // What every object has is nobody's claim.
  const inherited = await judge(await sign({}), {
    usernameClaim: "constructor.name",
  });
  assert.equal(inherited.kind, "deny");
});

Deno.test("jwt: the claim of rules grants what it says, and nothing when it is missing", async () => {
  const grantsIn = async (
    claims: Record<string, unknown>,
    aclClaim = "acl",
  ) => {
    const verdict = await judge(await sign({ sub: "ann", ...claims }), {
      aclClaim,
    });
    assert.equal(verdict.kind, "allow");
    return verdict.identity.grants;
  };
  assert.deepEqual(
    await grantsIn({ acl: { publish: ["a/+", "b"], subscribe: "c/#" } }),
    {
      place: "token, claim acl",
      publish: ["a/+", "b"],
      subscribe: ["c/#"],
    },
  );
  assert.deepEqual((await grantsIn({}))?.publish, []);
  assert.equal(await grantsIn({ acl: 1 }, ""), null);
});

Deno.test("jwt: who came in knows when the token ends, if that counts", async () => {
  const token = await sign({ sub: "ann", exp: NOW + 60 });
  const endsAt = async (rules: Partial<JwtRules>) => {
    const verdict = await judge(token, rules);
    assert.equal(verdict.kind, "allow");
    return verdict.identity.expiresAt;
  };
  assert.equal(await endsAt({}), (NOW + 60) * 1000);
  assert.equal(await endsAt({ leeway: 5000 }), (NOW + 65) * 1000);
  assert.equal(await endsAt({ disconnectOnExpiry: false }), Infinity);
});

Deno.test("jwt: whoever has come in may stay as long as key and demands do", async () => {
  const verdict = await judge(await sign({ sub: "ann" }));
  assert.equal(verdict.kind, "allow");
  const { identity } = verdict;
  assert.ok(linkOf().stillAllows(identity));
  assert.ok(!linkOf({ issuer: "me" }).stillAllows(identity));
  const other = secretKeys(SECRET.toUpperCase());
  assert.ok(!new JwtLink("jwt", RULES, other, clock).stillAllows(identity));
  assert.ok(!identity.proof!.includes(SECRET));
});
