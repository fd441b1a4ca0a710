import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { ScramExchange } from "../../../src/security/scram/exchange.ts";
import {
  makeHash,
  matches,
  scramHash,
} from "../../../src/security/passwords/mod.ts";
import {
  ScramLink,
  type ScramUser,
  StandIns,
} from "../../../src/security/scram/mod.ts";
import { ScramUsers } from "../../../src/security/scram/users.ts";
import { utf8 } from "../../support/bytes.ts";
import { credentialsOf } from "../../support/credentials_of.ts";
import { SPOILT_FINALS, WRONG_FIRSTS } from "../../support/scram_attacks.ts";
import { ScramClient } from "../../support/scram_client.ts";

const FEW = 4096;

const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

async function hashed(
  name: string,
  password: string,
): Promise<ScramUser> {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  return { name, secret: await scramHash(password, salt, FEW) };
}

const USERS: readonly ScramUser[] = [
  await hashed("ann", "pencil"),
  await hashed("Zürich", "a b"),
  await hashed("a,b=c", "x"),
  { name: "plain", secret: "open" },
];

const KEY = new Uint8Array(32).fill(7);

/** A link of `users` alone. */
const linkOf = (users: readonly ScramUser[], key: Uint8Array = KEY) =>
  new ScramLink("scram", users, new StandIns(key));

const link = linkOf(USERS);

/** Both steps; `change` may spoil the second message. */
async function authenticate(
  client: ScramClient,
  change: (final: string) => string = (final) => final,
  one: ScramLink = link,
) {
  const exchange = one.begin("SCRAM-SHA-256", credentialsOf())!;
  const question = await exchange.step(client.first());
  if (question.kind !== "continue") return question;
  return await exchange.step(
    utf8(change(text(client.final(question.data)))),
  );
}

Deno.test("scram: a right proof over another nonce than the server's is refused", async () => {
  const right = await authenticate(new ScramClient("ann", "pencil"));
  assert.equal(right.kind, "allow");
  for (const finalNonce of ["another", "n".repeat(40)]) {
    const client = new ScramClient("ann", "pencil", { finalNonce });
    assert.equal((await authenticate(client)).kind, "deny", finalNonce);
  }
});

Deno.test("scram: the example of RFC 7677, to the letter", async () => {
  const salt = Uint8Array.from(
    Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64"),
  );
  const secret = await scramHash("pencil", salt, 4096);
  const users = new ScramUsers([{ name: "user", secret }], new StandIns(KEY));
  const exchange = new ScramExchange(
    users,
    credentialsOf(),
    "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
  );
  const first = await exchange.step(utf8("n,,n=user,r=rOprNGfwEbeRWgbNEkqO"));
  assert.equal(first.kind, "continue");
  const both = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
  assert.equal(
    text(first.data),
    `r=${both},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`,
  );
  assert.equal(exchange.username, "user");
  const last = await exchange.step(
    utf8(
      `c=biws,r=${both},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`,
    ),
  );
  assert.equal(last.kind, "allow");
  assert.equal(
    text(last.data),
    "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
  );
});

Deno.test("scram: the right password comes in, and the broker proves itself", async () => {
  const client = new ScramClient("ann", "pencil");
  const outcome = await authenticate(client);
  assert.equal(outcome.kind, "allow");
  assert.ok(client.believes(outcome.data));
  assert.equal(outcome.identity.username, "ann");
  assert.equal(outcome.identity.clientId, "client");
});

const RIGHT: readonly [what: string, client: ScramClient, name: string][] = [
  ["a password of the settings", new ScramClient("plain", "open"), "plain"],
  ["a name with comma and equals", new ScramClient("a,b=c", "x"), "a,b=c"],
  [
    "a name of more characters for the same letters",
    new ScramClient("Zu\u0308rich", "a b"),
    "Zürich",
  ],
  [
    "a client that could bind channels",
    new ScramClient("ann", "pencil", { gs2: "y,," }),
    "ann",
  ],
  [
    "an authorization id that is the name",
    new ScramClient("ann", "pencil", { gs2: "n,a=ann," }),
    "ann",
  ],
];

for (const [what, client, name] of RIGHT) {
  Deno.test(`scram: ${what} is taken`, async () => {
    const outcome = await authenticate(client);
    assert.equal(outcome.kind, "allow");
    assert.equal(outcome.identity.username, name);
    assert.ok(client.believes(outcome.data));
  });
}

Deno.test("scram: wrong password and wrong user look the same from outside", async () => {
  const wrong = await authenticate(new ScramClient("ann", "pencils"));
  const nobody = await authenticate(new ScramClient("bob", "pencil"));
  assert.equal(wrong.kind, "deny");
  assert.equal(nobody.kind, "deny");
  assert.equal(wrong.reasonCode, nobody.reasonCode);
  assert.match(wrong.why!, /wrong password of user ann/);
  assert.match(nobody.why!, /no user bob/);
});

/** Salt and iterations that a first message under `name` gets. */
async function shown(one: ScramLink, name: string): Promise<string> {
  const exchange = one.begin("SCRAM-SHA-256", credentialsOf())!;
  const question = await exchange.step(new ScramClient(name, "").first());
  assert.equal(question.kind, "continue");
  return text(question.data).replace(/^r=[^,]+,/, "");
}

Deno.test("scram: a name that no user has always gets the same salt, with other users too", async () => {
  const bob = await shown(link, "bob");
  assert.equal(await shown(link, "bob"), bob);
  assert.notEqual(await shown(link, "eve"), bob);
  const again = linkOf(USERS.slice(0, 1));
  const salt = (answer: string) => answer.replace(/,i=.*/, "");
  assert.equal(salt(await shown(again, "bob")), salt(bob));
  // A password of the settings brings no salt of its own.
  const plain = linkOf([{ name: "bob", secret: "open" }]);
  assert.equal(salt(await shown(plain, "bob")), salt(bob));
});

Deno.test("scram: what a made-up name gets depends on the key alone, never on a secret", async () => {
  const names = ["bob", "eve", "\u00fc", "plain2"];
  const answers = async (secret: ScramUser["secret"], key: Uint8Array) => {
    const one = linkOf([{ name: "ann", secret }], key);
    const all = await Promise.all(names.map((name) => shown(one, name)));
    one.close();
    return all;
  };
  const other = new Uint8Array(32).fill(8);
  const first = await answers("one", KEY);
  assert.deepEqual(await answers("another", KEY), first);
  const unlike = await answers("one", other);
  for (const at of names.keys()) assert.notEqual(unlike[at], first[at]);
  const salts = [new Uint8Array(16).fill(1), new Uint8Array(16).fill(2)];
  const [one, two] = await Promise.all(
    salts.map(async (salt) => answers(await scramHash("x", salt, 15000), KEY)),
  );
  assert.deepEqual(one, two);
});

Deno.test("scram: made-up names have the iterations and salt lengths that users have, as often", async () => {
  const users: ScramUser[] = [];
  for (const [count, iterations, saltBytes] of SHAPES) {
    for (let at = 0; at < count; at++) {
      users.push(shaped(`${iterations}-${at}`, iterations, saltBytes));
    }
  }
  const one = linkOf(users);
  const shapeOf = async (name: string) => {
    const match = /^s=([^,]+),i=(\d+)$/.exec(await shown(one, name))!;
    return `${match[2]} ${Buffer.from(match[1], "base64").length}`;
  };
  const counts = new Map<string, number>();
  const before = new Map<string, string>();
  for (let at = 0; at < 1000; at++) {
    const shape = await shapeOf(`made up ${at}`);
    before.set(`made up ${at}`, shape);
    counts.set(shape, (counts.get(shape) ?? 0) + 1);
  }
  for (const [count, iterations, saltBytes] of SHAPES) {
    const share = counts.get(`${iterations} ${saltBytes}`)! / 1000;
    assert.ok(Math.abs(share - count / 10) < 0.06, `${iterations}: ${share}`);
  }
  assert.equal(counts.size, SHAPES.length);
  // A user more changes the answer of hardly any name.
  const more = linkOf([...users, shaped("new", 4096, 16)]);
  let changed = 0;
  for (const [name, shape] of before) {
    const answer = await shown(more, name);
    if (!answer.endsWith(`i=${shape.split(" ")[0]}`)) changed++;
  }
  assert.ok(changed < 80, `${changed} of 1000 names changed`);
});

/** Users of ten, their iterations, the bytes of their salts. */
const SHAPES = [[6, 4096, 16], [3, 10_000, 16], [1, 4097, 40]] as const;

function shaped(name: string, iterations: number, bytes: number): ScramUser {
  const key = new Uint8Array(32);
  const salt = new Uint8Array(bytes).fill(1);
  return {
    name,
    secret: { kind: "scram-sha-256", salt, iterations, key, serverKey: key },
  };
}

Deno.test("scram: links of one chain give a made-up name one answer", async () => {
  const standIns = new StandIns(KEY);
  const [one, two] = [4096, 10_000].map((iterations) =>
    new ScramLink("scram", [shaped("ann", iterations, 16)], standIns)
  );
  const all = new Set<string>();
  for (let at = 0; at < 20; at++) {
    const answer = await shown(one, `made up ${at}`);
    assert.equal(await shown(two, `made up ${at}`), answer);
    all.add(answer.replace(/.*,/, ""));
  }
  assert.deepEqual([...all].sort(), ["i=10000", "i=4096"]);
});

for (const [what, change] of SPOILT_FINALS) {
  Deno.test(`scram: a second message with ${what} is refused`, async () => {
    const outcome = await authenticate(
      new ScramClient("ann", "pencil"),
      change,
    );
    assert.equal(outcome.kind, "deny");
  });
}

for (const [what, bytes] of WRONG_FIRSTS) {
  Deno.test(`scram: a first message with ${what} is refused with 0x82`, async () => {
    const exchange = link.begin("SCRAM-SHA-256", credentialsOf())!;
    const outcome = await exchange.step(bytes);
    assert.equal(outcome.kind, "deny");
    assert.equal(outcome.reasonCode, 0x82);
  });
}

Deno.test("scram: another method is not its own, nor is a CONNECT without one", () => {
  assert.equal(link.begin("SCRAM-SHA-1", credentialsOf()), null);
  assert.equal(link.judge().kind, "ignore");
});

Deno.test("scram: whoever has come in may stay as long as the password does", async () => {
  const outcome = await authenticate(new ScramClient("ann", "pencil"));
  assert.equal(outcome.kind, "allow");
  const { identity } = outcome;
  assert.ok(linkOf(USERS).stillAllows(identity));
  const changed = await hashed("ann", "other");
  assert.ok(!linkOf([changed]).stillAllows(identity));
  assert.ok(!linkOf([]).stillAllows(identity));
});

Deno.test("scram: a name that is prepared to another's is not that other's", async () => {
  // Full-width letters: to SCRAM they are the same name as "ann".
  const wide = "\uff41\uff4e\uff4e";
  const one = linkOf([await hashed(wide, "pencil")]);
  for (const given of [wide, "ann"]) {
    const outcome = await authenticate(
      new ScramClient(given, "pencil"),
      undefined,
      one,
    );
    assert.equal(outcome.kind, "allow");
    const { identity } = outcome;
    assert.equal(identity.username, wide);
    assert.ok(one.stillAllows(identity));
    assert.ok(!one.stillAllows({ ...identity, username: "ann" }));
  }
});

Deno.test("scram: a hash of dunlin passwd checks plain passwords, too, in one form", async () => {
  const bytes = (password: string) => new TextEncoder().encode(password);
  const hash = await makeHash(bytes("Zu\u0308rich"), "scram-sha-256");
  assert.ok(await matches(hash, bytes("Z\u00fcrich")));
  assert.ok(await matches(hash, bytes("Zu\u0308rich")));
  assert.ok(!await matches(hash, bytes("Zurich")));
  assert.ok(!await matches(hash, bytes("a\u0001")));
  assert.ok(!await matches(hash, Uint8Array.of(0xff)));
  assert.ok(!await matches(hash, bytes("")));
  await assert.rejects(
    makeHash(bytes("a\u0001"), "scram-sha-256"),
    RangeError,
  );
});

Deno.test("scram: names and passwords that it cannot have are told", () => {
  const link = (name: string, secret: string) => linkOf([{ name, secret }]);
  assert.throws(() => link("ann", "a\u0001"), /user ann: .*control character/);
  assert.throws(() => link("a\u0001", "x"), /cannot be used for scram/);
});
