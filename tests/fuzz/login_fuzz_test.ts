import assert from "node:assert/strict";
import fc from "fast-check";
import { SignJWT } from "jose";
import { dunlinPreset, goAuthPreset } from "../../src/security/http/mod.ts";
import { AnswerError } from "../../src/security/http/preset.ts";
import { JwtLink, secretKeys } from "../../src/security/jwt/mod.ts";
import { scramHash } from "../../src/security/passwords/mod.ts";
import { ScramExchange } from "../../src/security/scram/exchange.ts";
import { StandIns } from "../../src/security/scram/mod.ts";
import { ScramUsers } from "../../src/security/scram/users.ts";
import { credentialsOf } from "../support/credentials_of.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { ScramClient } from "../support/scram_client.ts";

// Each login of an unauthenticated peer and each answer of a server gets a
// verdict: no call fails, and no peer is admitted without its credentials.

const RUNS = 1_000;
const SECRET = "0123456789abcdef0123456789abcdef";

const jwt = new JwtLink(
  "jwt",
  {
    algorithms: [],
    issuer: "",
    audience: [],
    leeway: 0,
    usernameClaim: "sub",
    matchUsername: false,
    aclClaim: "acl",
    disconnectOnExpiry: true,
  },
  secretKeys(SECRET),
  new ManualClock(),
);

const sign = (claims: Record<string, unknown>, secret: string) =>
  new SignJWT(claims).setProtectedHeader({ alg: "HS256" })
    .sign(new TextEncoder().encode(secret));

const whole = new TextEncoder().encode(await sign({ sub: "ann" }, SECRET));

/** Bytes of `whole` with one that is another. */
function spoilt(whole: Uint8Array): fc.Arbitrary<Uint8Array> {
  return fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }))
    .map(([at, change]) => {
      const bytes = Uint8Array.from(whole);
      bytes[at] ^= change;
      return bytes;
    });
}

/** Three parts of anything: JSON in the first two. */
const likeTokens = fc.tuple(fc.jsonValue(), fc.jsonValue(), fc.string()).map(
  (parts) =>
    parts.map((part) =>
      new TextEncoder().encode(
        typeof part === "string" ? part : JSON.stringify(part),
      ).toBase64({ alphabet: "base64url", omitPadding: true })
    ).join("."),
);

Deno.test("fuzz: no password that is not the token comes in by it", async () => {
  const passwords = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    spoilt(whole),
    likeTokens,
  );
  await fc.assert(
    fc.asyncProperty(passwords, async (password) => {
      const verdict = await jwt.judge(credentialsOf({ password }));
      if (verdict.kind !== "allow") return;
      assert.deepEqual(password, whole);
    }),
    { numRuns: RUNS },
  );
});

Deno.test("fuzz: claims that somebody signed give a name and filters, or nothing", async () => {
  const claims = fc.record({
    sub: fc.oneof(fc.string(), fc.jsonValue()),
    acl: fc.oneof(
      fc.jsonValue(),
      fc.record({
        publish: fc.jsonValue(),
        subscribe: fc.array(fc.string()),
      }),
    ),
    exp: fc.oneof(fc.integer(), fc.jsonValue()),
  }, { requiredKeys: [] });
  await fc.assert(
    fc.asyncProperty(claims, async (claims) => {
      const password = await sign(claims as Record<string, unknown>, SECRET);
      const verdict = await jwt.judge(credentialsOf({ password }));
      if (verdict.kind !== "allow") return;
      const { username, grants, expiresAt } = verdict.identity;
      assert.equal(username, claims.sub);
      assert.ok(grants!.publish.every((one) => typeof one === "string"));
      assert.ok(typeof expiresAt === "number");
    }),
    { numRuns: RUNS },
  );
});

const salt = new Uint8Array(16);
const users = new ScramUsers([
  { name: "ann", secret: await scramHash("pencil", salt, 4096) },
], new StandIns(new Uint8Array(32)));

Deno.test("fuzz: nothing but the proof comes in by SCRAM", async () => {
  const changes = fc.record({
    first: fc.option(fc.uint8Array({ maxLength: 60 })),
    at: fc.nat(200),
    change: fc.integer({ min: 1, max: 127 }),
    // Given, so that a counterexample fails again.
    nonce: fc.nat().map(String),
  });
  await fc.assert(
    fc.asyncProperty(changes, async ({ first, at, change, nonce }) => {
      const client = new ScramClient("ann", "pencil", { nonce: "n".repeat(9) });
      const exchange = new ScramExchange(users, credentialsOf(), nonce);
      const question = await exchange.step(first ?? client.first());
      if (question.kind !== "continue") {
        return assert.equal(question.kind, "deny");
      }
      if (first !== null) return;
      const final = client.final(question.data);
      final[at % final.length] ^= change;
      assert.equal((await exchange.step(final)).kind, "deny");
    }),
    // Each costs the client its iterations.
    { numRuns: 200 },
  );
});

Deno.test("fuzz: every answer of a server means something, or that it fails", () => {
  const bodies = fc.oneof(
    fc.string(),
    fc.json(),
    fc.record({
      result: fc.constantFrom("allow", "deny", "ignore", true),
      ok: fc.oneof(fc.boolean(), fc.jsonValue()),
      username: fc.oneof(fc.string(), fc.jsonValue()),
      groups: fc.oneof(fc.array(fc.string()), fc.jsonValue()),
      acl: fc.oneof(fc.record({ publish: fc.jsonValue() }), fc.jsonValue()),
      expires_at: fc.jsonValue(),
      reason: fc.jsonValue(),
    }, { requiredKeys: [] }).map((value) => JSON.stringify(value)),
  );
  const statuses = fc.oneof(
    fc.constant(200),
    fc.integer({ min: 100, max: 599 }),
  );
  fc.assert(
    fc.property(bodies, statuses, (text, status) => {
      for (const preset of [dunlinPreset, goAuthPreset]) {
        try {
          const { kind } = preset.read({ status, text });
          assert.ok(["allow", "deny", "ignore"].includes(kind));
          if (kind === "allow") assert.ok(status >= 200 && status < 300);
        } catch (error) {
          assert.ok(error instanceof AnswerError, `${error}`);
        }
      }
    }),
    { numRuns: 5 * RUNS },
  );
});
