import assert from "node:assert/strict";
import { ReasonCode } from "../../../src/mqtt/mod.ts";
import {
  Hashing,
  KnownLogins,
  knownUsers,
  makeHash,
  parseHash,
  parsePasswordFile,
  type PasswordHash,
  PasswordLink,
  type PasswordUsers,
  printHash,
} from "../../../src/security/passwords/mod.ts";
import type { Credentials } from "../../../src/security/mod.ts";
import { certificateOf, credentials } from "../../support/credentials.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { within } from "../../support/wait.ts";

const HASH = parseHash(
  "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
);

/** Counts what is hashed: a hash is what a login costs. */
class CountingHashing extends Hashing {
  readonly kinds: string[] = [];

  override check(hash: PasswordHash, password: Uint8Array): Promise<boolean> {
    this.kinds.push(hash.kind);
    return super.check(hash, password);
  }
}

/** A link, and what it costs. */
class World implements Disposable {
  readonly clock = new ManualClock();
  readonly hashing: CountingHashing;
  readonly known = new KnownLogins(this.clock);
  readonly troubles: Error[] = [];

  constructor(waiting?: number) {
    this.hashing = new CountingHashing(this.clock, { threads: 1, waiting });
  }

  link(users: PasswordUsers): PasswordLink {
    const { hashing, known, troubles } = this;
    const onTrouble = (error: Error) => troubles.push(error);
    return new PasswordLink("users", users, { hashing, known, onTrouble });
  }

  [Symbol.dispose](): void {
    this.hashing.close();
  }
}

const users: PasswordUsers = new Map([["bob", HASH]]);

/** Who comes, what is said, and how often a password is hashed for it. */
const cases: readonly (readonly [string, Credentials, string, number])[] = [
  ["the right password", credentials("bob", "password"), "allow", 1],
  ["a wrong password", credentials("bob", "passwort"), "deny", 1],
  ["no password", credentials("bob", null), "deny", 1],
  ["an empty password", credentials("bob", ""), "deny", 1],
  [
    "a password that goes on",
    credentials("bob", "password" + "\0".repeat(65_527)),
    "deny",
    1,
  ],
  ["an unknown user", credentials("eve", "password"), "ignore", 1],
  [
    "an unknown user without a password",
    credentials("eve", null),
    "ignore",
    1,
  ],
  ["the user in other letters", credentials("Bob", "password"), "ignore", 1],
  ["an empty user name", credentials("", "password"), "ignore", 1],
  ["a name that objects have", credentials("__proto__", "x"), "ignore", 1],
  ["no user name", credentials(null, "password"), "ignore", 0],
  ["nothing", credentials(null, null), "ignore", 0],
  [
    "a certificate that gives the name",
    credentials("bob", null, {
      certificate: certificateOf("bob"),
      isCertified: true,
    }),
    "ignore",
    0,
  ],
];
for (const [name, who, kind, hashes] of cases) {
  Deno.test(`users and passwords: ${name}`, async () => {
    using world = new World();
    const verdict = await within("a verdict", world.link(users).judge(who));
    assert.equal(verdict.kind, kind);
    // Whoever is nobody here costs as much, once that counts for nothing.
    if (verdict.kind === "ignore") await verdict.dummyVerification?.();
    assert.equal(world.hashing.kinds.length, hashes);
    if (verdict.kind === "deny") {
      assert.equal(verdict.reasonCode, ReasonCode.BadUserNameOrPassword);
    }
  });
}

for (const kind of ["sha512", "pbkdf2-sha512", "scram-sha-256"] as const) {
  Deno.test(`users and passwords: an empty password is wrong for its own hash, too (${kind})`, async () => {
    using world = new World();
    const hash = await makeHash(new Uint8Array(0), kind);
    const line = printHash(hash);
    const sources: PasswordUsers[] = [
      parsePasswordFile(`bob:${line}\n`, "passwd"),
      knownUsers([{ name: "bob", password: line }]),
      knownUsers([{ name: "bob", password: "" }]),
    ];
    for (const source of sources) {
      for (const given of [null, ""]) {
        const who = credentials("bob", given);
        const verdict = await world.link(source).judge(who);
        assert.deepEqual(verdict, {
          kind: "deny",
          reasonCode: ReasonCode.BadUserNameOrPassword,
          why: "no password",
          isDisguised: true,
        });
      }
    }
    // It takes what any other wrong one takes.
    assert.equal(world.hashing.kinds.length, 2 * sources.length);
  });
}

Deno.test("users and passwords: a name that is none costs what one of the users costs, always the same", async () => {
  using world = new World();
  const mixed = new Map(users);
  for (const [name, hash] of knownUsers([{ name: "eve", password: "x" }])) {
    mixed.set(name, hash);
  }
  const link = world.link(mixed);
  const seen = new Set<string>();
  for (let at = 0; at < 12; at++) {
    const costs = new Set<string>();
    for (let again = 0; again < 2; again++) {
      const verdict = await link.judge(credentials(`nobody${at}`, "x"));
      assert.ok(verdict.kind === "ignore");
      await within("the pretence", verdict.dummyVerification!());
      costs.add(world.hashing.kinds.at(-1)!);
    }
    assert.equal(costs.size, 1);
    seen.add([...costs][0]);
  }
  assert.deepEqual([...seen].sort(), ["argon2id", "sha512"]);
});

Deno.test("users and passwords: where nobody is, nobody stands in", async () => {
  using world = new World();
  const verdict = await world.link(new Map()).judge(credentials("eve", "x"));
  assert.deepEqual(verdict, { kind: "ignore", why: "no such user" });
});

Deno.test("users and passwords: who was right comes back without a hash, for a day", async () => {
  using world = new World();
  const link = world.link(users);
  const login = async (password: string) =>
    (await within("a verdict", link.judge(credentials("bob", password)))).kind;
  const count = () => world.hashing.kinds.length;
  assert.equal(await login("password"), "allow");
  assert.equal(await login("password"), "allow");
  assert.equal(count(), 1);
  // What was wrong is never remembered, and takes its time each time.
  assert.equal(await login("passwort"), "deny");
  assert.equal(await login("passwort"), "deny");
  assert.equal(count(), 3);
  world.clock.advance(24 * 3600_000);
  assert.equal(await login("password"), "allow");
  assert.equal(count(), 4);
});

Deno.test("users and passwords: a new password ends what was known of the old one", async () => {
  using world = new World();
  const who = credentials("bob", "password");
  const before = await world.link(users).judge(who);
  assert.ok(before.kind === "allow");
  const changed = knownUsers([{ name: "bob", password: "other" }]);
  const link = world.link(changed);
  assert.equal((await link.judge(who)).kind, "deny");
  assert.ok(!link.stillAllows(before.identity));
  assert.ok(world.link(users).stillAllows(before.identity));
  assert.ok(!world.link(new Map()).stillAllows(before.identity));
  // Settings that are read again without a change end no session.
  const now = await link.judge(credentials("bob", "other"));
  assert.ok(now.kind === "allow");
  const again = world.link(knownUsers([{ name: "bob", password: "other" }]));
  assert.ok(again.stillAllows(now.identity));
});

Deno.test("users and passwords: too many logins at once are busy, not wrong", async () => {
  using world = new World(1);
  const link = world.link(users);
  const all = [1, 2, 3, 4].map((at) =>
    link.judge(credentials("bob", at === 1 ? "password" : `wrong ${at}`))
  );
  const codes = (await within("verdicts", Promise.all(all))).map((verdict) =>
    verdict.kind === "deny" ? verdict.reasonCode : 0
  );
  const { BadUserNameOrPassword, ServerBusy } = ReasonCode;
  assert.deepEqual(codes, [0, BadUserNameOrPassword, ServerBusy, ServerBusy]);
  assert.deepEqual(world.troubles, []);
});

Deno.test("users and passwords: a hash that cannot be made is told the operator", async () => {
  using world = new World();
  const impossible = { ...HASH, lanes: 0 } as PasswordHash;
  const link = world.link(new Map([["bob", impossible]]));
  const verdict = await within(
    "a verdict",
    Promise.resolve(link.judge(credentials("bob", "password"))),
  );
  assert.ok(verdict.kind === "deny");
  assert.equal(verdict.reasonCode, ReasonCode.ServerUnavailable);
  assert.equal(world.troubles.length, 1);
});

Deno.test("users of the settings: a hash, a password, and what only looks like a hash", async () => {
  using world = new World();
  const hash =
    "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
  const link = world.link(knownUsers([
    { name: "hashed", password: hash },
    { name: "plain", password: "$ecret" },
  ]));
  const kind = async (user: string, password: string) =>
    (await within("a verdict", link.judge(credentials(user, password)))).kind;
  assert.equal(await kind("hashed", "password"), "allow");
  // Nobody comes in by what stands in the file.
  assert.equal(await kind("hashed", hash), "deny");
  assert.equal(await kind("plain", "$ecret"), "allow");
  assert.equal(await kind("plain", "password"), "deny");
  assert.throws(
    () => knownUsers([{ name: "bob", password: "$7$oops" }]),
    /\[\[user\]\] bob: the hash in password cannot be used/,
  );
});
