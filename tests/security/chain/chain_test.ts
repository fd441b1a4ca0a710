import assert from "node:assert/strict";
import { ReasonCode } from "../../../src/mqtt/mod.ts";
import {
  anonymousLink,
  certificateLink,
  Chain,
  type Link,
  linkOfListeners,
  LoginAttempts,
  type Verdict,
} from "../../../src/security/chain/mod.ts";
import {
  type AuthExchange,
  type AuthOutcome,
  type Credentials,
  identityOf,
} from "../../../src/security/mod.ts";
import { certificateOf, credentials } from "../../support/credentials.ts";
import { ManualClock } from "../../support/manual_clock.ts";

const { BadUserNameOrPassword, NotAuthorized } = ReasonCode;

/** Says of a client what its password says: "a: yes", "b: no", ... */
function link(name: string, log: string[] = []): Link {
  return {
    name,
    judge(credentials): Verdict {
      log.push(name);
      const said = new TextDecoder().decode(credentials.password ?? undefined);
      if (said === `${name}: yes`) {
        return { kind: "allow", identity: identityOf(credentials) };
      }
      if (said === `${name}: no`) {
        return { kind: "deny", reasonCode: NotAuthorized, why: "it says so" };
      }
      return {
        kind: "ignore",
        why: "it says nothing",
        dummyVerification: () =>
          Promise.resolve(void log.push(`${name} pretends`)),
      };
    },
    stillAllows: ({ username }) => username !== "gone",
  };
}

/** A chain, and what it told of. */
function chainOf(links: readonly Link[], anonymous = false) {
  const denied: string[] = [];
  const attempts = new LoginAttempts(new ManualClock(), {
    delay: 0,
    maxFailures: 2,
  });
  const chain = new Chain({
    links,
    allowsAnonymous: (listener) => anonymous && listener === "tcp",
    hasAnonymous: anonymous,
    attempts,
  });
  const authenticate = chain.authenticate.bind(chain);
  chain.authenticate = async (credentials) =>
    note(denied, await authenticate(credentials));
  return { chain, denied };
}

/** Keeps why a client was refused. */
function note(denied: string[], outcome: AuthOutcome): AuthOutcome {
  if (outcome.kind === "deny" && outcome.why !== undefined) {
    denied.push(outcome.why);
  }
  return outcome;
}

/** The link that let a client in, or the reason code. */
async function outcome(
  chain: Chain,
  credentials: Credentials,
): Promise<string | number> {
  const result = await chain.authenticate(credentials);
  if (result.kind === "allow") return result.identity.link ?? "nobody";
  return result.kind === "deny" ? result.reasonCode : "goes on";
}

Deno.test("chain: the first link that says yes or no decides", async () => {
  const log: string[] = [];
  const { chain, denied } = chainOf(["a", "b", "c"].map((n) => link(n, log)));
  assert.equal(await outcome(chain, credentials("u", "b: yes")), "b");
  assert.deepEqual(log.splice(0), ["a", "b"]);
  assert.equal(await outcome(chain, credentials("u", "b: no")), NotAuthorized);
  // A no that costs nothing: the time of a name that "a" knows is spent.
  assert.deepEqual(log.splice(0), ["a", "b", "a pretends"]);
  assert.deepEqual(denied.splice(0), ["it says so"]);
});

Deno.test("chain: its end refuses, in the time of one wrong password", async () => {
  const log: string[] = [];
  const { chain, denied } = chainOf([link("a", log), link("b", log)]);
  const code = await outcome(chain, credentials("u", "x"));
  assert.equal(code, BadUserNameOrPassword);
  assert.deepEqual(log.slice(0, 2), ["a", "b"]);
  assert.match(log.slice(2).join(), /^[ab] pretends$/);
  assert.deepEqual(denied, [
    "a: it says nothing; b: it says nothing; allow_anonymous is false",
  ]);
});

Deno.test("chain: a wrong password costs no second hash, whoever was asked before", async () => {
  const log: string[] = [];
  const knows: Link = {
    name: "b",
    judge: () => ({
      kind: "deny",
      reasonCode: BadUserNameOrPassword,
      why: "wrong password",
      isDisguised: true,
    }),
  };
  const { chain } = chainOf([link("a", log), knows]);
  await outcome(chain, credentials("u", "x"));
  assert.deepEqual(log, ["a"]);
});

Deno.test("chain: for a name that is none every link stands in, always the same", async () => {
  const log: string[] = [];
  const { chain } = chainOf(["a", "b", "c"].map((n) => link(n, log)));
  const seen = new Set<string>();
  for (let at = 0; at < 30; at++) {
    const costs = new Set<string>();
    for (let again = 0; again < 2; again++) {
      await outcome(chain, credentials(`nobody${at}`, "x"));
      const pretended = log.splice(0).slice(3);
      assert.equal(pretended.length, 1);
      costs.add(pretended[0]);
      // A login that is right, or too many would have failed.
      await outcome(chain, credentials(`nobody${at}`, "a: yes"));
      log.splice(0);
    }
    assert.equal(costs.size, 1);
    seen.add([...costs][0]);
  }
  assert.equal(seen.size, 3);
});

Deno.test("chain: who is let in costs no pretence", async () => {
  const log: string[] = [];
  const { chain } = chainOf([link("a", log), link("b", log)]);
  await outcome(chain, credentials("u", "b: yes"));
  assert.deepEqual(log, ["a", "b"]);
});

const certificate = certificateOf("pump");
const certified = { certificate, isCertified: true };

/** Who comes, how, and what allow_anonymous and its absence make of it. */
const unasked: readonly (readonly [
  name: string,
  who: Credentials,
  open: string | number,
  closed: string | number,
])[] = [
  [
    "no credentials",
    credentials(null, null),
    "allow_anonymous",
    NotAuthorized,
  ],
  [
    "a user name alone",
    credentials("u", null),
    BadUserNameOrPassword,
    BadUserNameOrPassword,
  ],
  [
    "a password alone",
    credentials(null, "x"),
    "allow_anonymous",
    BadUserNameOrPassword,
  ],
  [
    "wrong credentials",
    credentials("u", "x"),
    BadUserNameOrPassword,
    BadUserNameOrPassword,
  ],
  [
    "no credentials, by another listener",
    credentials(null, null, { listener: "web" }),
    NotAuthorized,
    NotAuthorized,
  ],
  [
    "a certificate that gives the name",
    credentials("pump", null, certified),
    "allow_anonymous",
    BadUserNameOrPassword,
  ],
];
for (const [name, who, open, closed] of unasked) {
  Deno.test(`chain: ${name}, where allow_anonymous says yes, and no`, async () => {
    const links = [link("a")];
    assert.equal(await outcome(chainOf(links, true).chain, who), open);
    assert.equal(await outcome(chainOf(links, false).chain, who), closed);
  });
}

Deno.test("chain: a listener that no link is for is as without any, and says so", async () => {
  const links = [linkOfListeners(link("a"), ["tls"])];
  const open = chainOf(links, true);
  for (const who of [credentials("u", null), credentials("u", "x")]) {
    assert.equal(await outcome(open.chain, who), "allow_anonymous");
  }
  assert.equal(
    await outcome(open.chain, credentials("u", "x", { listener: "tls" })),
    BadUserNameOrPassword,
  );
  const { chain, denied } = chainOf(links, false);
  assert.equal(
    await outcome(chain, credentials("u", "x")),
    BadUserNameOrPassword,
  );
  assert.equal(await outcome(chain, credentials(null, null)), NotAuthorized);
  const both = "no [[auth]] is for listener tcp; allow_anonymous is false";
  assert.deepEqual(denied, [both, both]);
});

Deno.test("chain: a user name that nothing proved counts for none", async () => {
  const { chain } = chainOf([linkOfListeners(link("a"), ["tls"])], true);
  const names = [];
  for (
    const who of [
      credentials("u", "x"),
      credentials("pump", null, certified),
      credentials("u", "a: yes", { listener: "tls" }),
    ]
  ) {
    const result = await chain.authenticate(who);
    names.push(result.kind === "allow" ? result.identity.username : result);
  }
  assert.deepEqual(names, [null, "pump", "u"]);
});

Deno.test("chain: it knows the users that any link could accept", () => {
  const users: Link = { ...link("users"), knows: (name) => name === "ann" };
  const knows = (links: readonly Link[], anonymous = false) => {
    const { chain } = chainOf(links, anonymous);
    return [chain.knows("ann"), chain.knows("bob"), chain.knows(null)];
  };
  assert.deepEqual(knows([]), [false, false, false]);
  assert.deepEqual(knows([], true), [false, false, true]);
  assert.deepEqual(knows([users]), [true, false, false]);
  const limited = linkOfListeners(users, ["web"]);
  assert.deepEqual(knows([limited, anonymousLink]), [true, false, true]);
  // Only the client could tell.
  assert.deepEqual(knows([users, link("other")]), [true, true, true]);
});

Deno.test("chain: the reason says that a user name has to be proved for all allow_anonymous", async () => {
  const { chain, denied } = chainOf([link("a")], true);
  await outcome(chain, credentials("u", null));
  assert.deepEqual(denied, [
    "a: it says nothing; allow_anonymous is for clients without a user name",
  ]);
});

Deno.test("chain: a link that refuses whoever has nothing is heard before allow_anonymous", async () => {
  const strict: Link = {
    name: "strict",
    judge: () => ({ kind: "deny", reasonCode: NotAuthorized, why: "no" }),
  };
  const { chain } = chainOf([strict], true);
  assert.equal(await outcome(chain, credentials(null, null)), NotAuthorized);
});

/** Who comes, and what the links that need nothing else say. */
const simple: readonly (readonly [string, Credentials, string, string])[] = [
  ["nothing", credentials(null, null), "allow", "ignore"],
  ["a user name", credentials("u", null), "ignore", "ignore"],
  ["an empty user name", credentials("", ""), "ignore", "ignore"],
  ["a password", credentials(null, "x"), "allow", "ignore"],
  [
    "a certificate that gives the name",
    credentials("pump", null, certified),
    "ignore",
    "allow",
  ],
  [
    "a certificate that gives no name",
    credentials(null, null, { certificate }),
    "allow",
    "allow",
  ],
  [
    "a certificate, and a name that it does not give",
    credentials("admin", "x", { certificate }),
    "ignore",
    "ignore",
  ],
];
for (const [name, who, anonymous, byCertificate] of simple) {
  Deno.test(`chain: anonymous and client-certificate, who gives ${name}`, async () => {
    assert.equal((await anonymousLink.judge(who)).kind, anonymous);
    assert.equal((await certificateLink.judge(who)).kind, byCertificate);
  });
}

Deno.test("chain: who was let in stays as long as the link says so", async () => {
  const { chain } = chainOf([link("a"), certificateLink], true);
  const of = async (who: Credentials) => {
    const result = await chain.authenticate(who);
    assert.equal(result.kind, "allow");
    return result.kind === "allow" ? result.identity : null!;
  };
  const bob = await of(credentials("bob", "a: yes"));
  const gone = await of(credentials("gone", "a: yes"));
  const guest = await of(credentials(null, null));
  const pump = await of(credentials("pump", null, certified));
  const stay = (links: readonly Link[], anonymous: boolean) => {
    const { chain } = chainOf(links, anonymous);
    return [bob, gone, guest, pump].map((one) => chain.stillAllows(one));
  };
  const both = [link("a"), certificateLink];
  assert.deepEqual(stay(both, true), [true, false, true, true]);
  assert.deepEqual(stay(both, false), [true, false, false, true]);
  assert.deepEqual(stay([link("b")], true), [false, false, true, false]);
});

Deno.test("chain: who asks why is told, and it counts as no login", async () => {
  const { chain, denied } = chainOf([link("a"), link("b"), link("c")]);
  for (let at = 0; at < 5; at++) {
    const steps = await chain.trace(credentials("u", "b: no"));
    assert.deepEqual(steps.map(({ link, verdict }) => [link, verdict.kind]), [
      ["a", "ignore"],
      ["b", "deny"],
    ]);
  }
  assert.deepEqual(denied, []);
  assert.equal(await outcome(chain, credentials("u", "b: yes")), "b");
});

Deno.test("chain: too many wrong passwords are refused before a link is asked", async () => {
  const log: string[] = [];
  const { chain } = chainOf([link("a", log)]);
  for (let at = 0; at < 2; at++) {
    await outcome(chain, credentials("u", "a: no"));
  }
  log.length = 0;
  const { ConnectionRateExceeded } = ReasonCode;
  const code = await outcome(chain, credentials("u", "a: yes"));
  assert.equal(code, ConnectionRateExceeded);
  assert.deepEqual(log, []);
});

/** An exchange in which the second step says whether it may come in. */
function exchangeOf(who: Credentials): AuthExchange {
  let username: string | null = null;
  return {
    get username() {
      return username;
    },
    step(bytes) {
      const said = new TextDecoder().decode(bytes!);
      if (username === null) {
        username = said;
        return { kind: "continue", data: bytes! };
      }
      return said === "yes"
        ? { kind: "allow", identity: identityOf(who, { username }) }
        : { kind: "deny", reasonCode: NotAuthorized, why: "wrong proof" };
    },
  };
}

Deno.test("chain: an exchange is the link's that knows the method; its guesses count, too", async () => {
  const scram: Link = {
    ...link("scram"),
    begin: (method, who) => method === "M" ? exchangeOf(who) : null,
  };
  const { chain, denied } = chainOf([link("a"), scram]);
  const who = credentials(null, null);
  const bytes = (text: string) => new TextEncoder().encode(text);
  const login = async (user: string, proof: string) => {
    const exchange = chain.begin("M", who)!;
    assert.equal((await exchange.step(bytes(user))).kind, "continue");
    return note(denied, await exchange.step(bytes(proof)));
  };
  assert.equal(chain.begin("X", who), null);
  const allowed = await login("bob", "yes");
  assert.ok(allowed.kind === "allow");
  assert.equal(allowed.identity.link, "scram");
  assert.equal(allowed.identity.username, "bob");
  for (let at = 0; at < 2; at++) await login("bob", "no");
  assert.deepEqual(denied, ["scram: wrong proof", "scram: wrong proof"]);
  const refused = await login("bob", "yes");
  assert.ok(refused.kind === "deny");
  assert.equal(refused.reasonCode, ReasonCode.ConnectionRateExceeded);
  assert.equal((await login("eve", "yes")).kind, "allow");
});

/** A link of the method "m" that knows one name; `log` is told of its steps. */
function exchanging(name: string, user: string, log: string[] = []): Link {
  return {
    name,
    judge: () => ({ kind: "ignore", why: "no" }),
    begin(method, credentials): AuthExchange | null {
      if (method !== "m") return null;
      let username: string | null = null;
      return {
        get username() {
          return username;
        },
        get isKnown() {
          return username === user;
        },
        step(bytes) {
          const said = new TextDecoder().decode(bytes ?? undefined);
          log.push(`${name} ${said}`);
          if (username === null) {
            username = said;
            return { kind: "continue", data: new Uint8Array() };
          }
          return username === user
            ? { kind: "allow", identity: identityOf(credentials) }
            : { kind: "deny", reasonCode: NotAuthorized, why: "no such user" };
        },
      };
    },
  };
}

Deno.test("chain: of several links with a method the one goes on that knows the user", async () => {
  for (const [user, by] of [["ann", "a"], ["bob", "b"], ["eve", null]]) {
    const log: string[] = [];
    const { chain, denied } = chainOf([
      exchanging("other", "x", log),
      exchanging("a", "ann", log),
      exchanging("b", "bob", log),
    ]);
    const exchange = chain.begin("m", credentials(null, null))!;
    const utf8 = (text: string) => new TextEncoder().encode(text);
    assert.equal((await exchange.step(utf8(`${user}`))).kind, "continue");
    assert.equal(exchange.username, user);
    // Each is asked first, whoever knows the name: the time tells nothing.
    assert.deepEqual(
      log.splice(0),
      ["other", "a", "b"].map((one) => `${one} ${user}`),
    );
    const last = note(denied, await exchange.step(utf8("proof")));
    assert.deepEqual(log, [`${by ?? "other"} proof`]);
    if (by === null) {
      assert.equal(last.kind, "deny");
      assert.deepEqual(denied, ["other: no such user"]);
    } else {
      assert.equal(last.kind, "allow");
      assert.equal(last.kind === "allow" && last.identity.link, by);
    }
  }
});

Deno.test("chain: links that share a name are each asked whether a client may stay", async () => {
  const two = ["one", "two"].map((proof): Link => ({
    name: "same",
    judge: (given) =>
      given.username === proof
        ? { kind: "allow", identity: identityOf(given, { proof }) }
        : { kind: "ignore", why: "no" },
    stillAllows: (identity) => identity.proof === proof,
  }));
  const { chain } = chainOf(two);
  for (const username of ["one", "two"]) {
    const result = await chain.authenticate(credentials(username, null));
    assert.equal(result.kind, "allow");
    assert.ok(chain.stillAllows(result.identity), username);
    const rest = chainOf(two.filter((one) => one !== two[0])).chain;
    assert.equal(rest.stillAllows(result.identity), username === "two");
  }
});
