import assert from "node:assert/strict";
import { type QoS, Topic } from "../../../src/mqtt/mod.ts";
import type { RemoteAccess } from "../../../src/security/access/mod.ts";
import {
  type CertificateFacts,
  type Identity,
  mayPublish,
  receivableQos,
} from "../../../src/security/mod.ts";
import type { ShortRule } from "../../support/rules.ts";
import { partsOf, rulesOf } from "../../support/rules.ts";

const topicOf = (text: string) =>
  new Topic(text, new TextEncoder().encode(text));

const ANN: Identity = { clientId: "c", username: "ann" };

const CERTIFICATE: CertificateFacts = {
  fingerprint: "ab".repeat(32),
  subject: "CN=pump,O=Works",
  commonName: "pump",
  dnsNames: ["pump.works"],
  emails: ["pump@works"],
  issuer: "CN=Works CA",
  serial: "1",
  notAfter: 0,
};

/** A subject, a client it is about, and one that it is not about. */
const SUBJECTS: readonly [string, ShortRule, Identity, Identity][] = [
  ["user", { users: ["ann"] }, ANN, { ...ANN, username: "ANN" }],
  ["no user", { anonymous: true }, { ...ANN, username: null }, ANN],
  ["client id", { clientIds: ["x", "c"] }, ANN, { ...ANN, clientId: "d" }],
  ["group of the settings", { groups: ["staff"] }, ANN, {
    ...ANN,
    username: "bob",
  }],
  ["group of a token", { groups: ["night"] }, { ...ANN, groups: ["night"] }, {
    ...ANN,
    groups: ["day"],
  }],
  ["network", { networks: ["10.0.0.0/8"] }, { ...ANN, hostname: "10.1.2.3" }, {
    ...ANN,
    hostname: "11.1.2.3",
  }],
  [
    "network, on a socket of both",
    { networks: ["10.0.0.0/8"] },
    { ...ANN, hostname: "::ffff:10.1.2.3" },
    { ...ANN, hostname: "::ffff:11.1.2.3" },
  ],
  ["network of nobody knows where", { networks: ["::/0", "0.0.0.0/0"] }, {
    ...ANN,
    hostname: "::1",
  }, ANN],
  ["listener", { listeners: ["tls"] }, { ...ANN, listener: "tls" }, ANN],
  ["common name", { commonNames: ["pump"] }, {
    ...ANN,
    certificate: CERTIFICATE,
  }, { ...ANN, certificate: null }],
  ["DNS name", { alternativeNames: ["pump.works"] }, {
    ...ANN,
    certificate: CERTIFICATE,
  }, { ...ANN, certificate: { ...CERTIFICATE, dnsNames: ["pump"] } }],
  ["mail address", { alternativeNames: ["pump@works"] }, {
    ...ANN,
    certificate: CERTIFICATE,
  }, ANN],
  ["issuer", { issuers: ["CN=Works CA"] }, {
    ...ANN,
    certificate: CERTIFICATE,
  }, { ...ANN, certificate: { ...CERTIFICATE, issuer: "CN=Other" } }],
  [
    "fingerprint",
    {
      fingerprints: [Array(32).fill("AB").join(":")],
    },
    { ...ANN, certificate: CERTIFICATE },
    {
      ...ANN,
      certificate: { ...CERTIFICATE, fingerprint: "ac".repeat(32) },
    },
  ],
  ["all that is said", { users: ["ann"], listeners: ["tls"] }, {
    ...ANN,
    listener: "tls",
  }, { ...ANN, listener: "plain" }],
];

for (const [name, rule, about, notAbout] of SUBJECTS) {
  Deno.test(`a rule by ${name} is about whom it says`, () => {
    const groups = new Map([["ann", ["staff"]]]);
    const rules = rulesOf([{ ...rule, topics: ["a"] }], { groups });
    const may = (who: Identity) =>
      mayPublish(rules.rights(who, topicOf("a")), 1, false);
    assert.equal(may(about), true);
    assert.equal(may(notAbout), false);
    assert.equal(rules.maySubscribe(about, "a", 1), 1);
    assert.equal(rules.maySubscribe(notAbout, "a", 1), -1);
    const question = { action: "publish", topic: "a", qos: 1, retain: false };
    const told = rules.explain(notAbout, question as never);
    assert.match(told.rules[0].outcome, /^applies to /);
  });
}

Deno.test("both orders: the first that fits, and any that denies", () => {
  const rules: ShortRule[] = [
    { topics: ["a/#"] },
    { topics: ["a/secret"], permission: "deny" },
    { topics: ["b/secret"], permission: "deny" },
    { topics: ["b/#"] },
  ];
  const expected: readonly [string, boolean, boolean][] = [
    ["a/x", true, true],
    ["a/secret", true, false],
    ["b/secret", false, false],
    ["b/x", true, true],
    ["c", false, false],
  ];
  for (const [topic, first, denyWins] of expected) {
    const may = (order: "first-match" | "deny-wins") =>
      mayPublish(
        rulesOf(rules, { order }).rights(ANN, topicOf(topic)),
        0,
        false,
      );
    assert.deepEqual([may("first-match"), may("deny-wins")], [first, denyWins]);
  }
});

Deno.test("QoS and RETAIN narrow a rule, and lower what is received", () => {
  const rules = rulesOf([
    { topics: ["a"], qos: [1, 2], permission: "deny" },
    { topics: ["a"] },
    { topics: ["r"], retain: true, permission: "deny" },
    { topics: ["r"], qos: [1] },
  ]);
  const a = rules.rights(ANN, topicOf("a"));
  assert.deepEqual([0, 1, 2].map((qos) => mayPublish(a, qos as QoS, false)), [
    true,
    false,
    false,
  ]);
  assert.equal(receivableQos(a, 2, false), 0);
  assert.equal(rules.maySubscribe(ANN, "a", 2), 0);
  const r = rules.rights(ANN, topicOf("r"));
  assert.equal(mayPublish(r, 1, false), true);
  assert.equal(mayPublish(r, 1, true), false);
  assert.equal(receivableQos(r, 2, false), 1);
  assert.equal(receivableQos(r, 0, false), -1);
  assert.equal(receivableQos(r, 2, true), -1);
  assert.equal(rules.maySubscribe(ANN, "r", 0), -1);
});

Deno.test("a filter is refused when it could match nothing that is allowed", () => {
  const rules = rulesOf([
    { topics: ["a/secret/#"], permission: "deny" },
    { topics: ["a/#", "home/%u/+"] },
    { topics: ["p"], action: "publish" },
  ]);
  const granted: readonly [string, boolean][] = [
    ["a/#", true],
    ["#", true],
    ["+/+/+", true],
    ["a", true],
    ["a/secret", false],
    ["a/secret/+", false],
    ["a/+/x", true],
    ["home/ann/x", true],
    ["home/+/x", true],
    ["home/bob/x", false],
    ["home/ann", false],
    ["b/#", false],
    ["p", false],
    ["$SYS/#", false],
  ];
  for (const [filter, isGranted] of granted) {
    assert.equal(rules.maySubscribe(ANN, filter, 1) === 1, isGranted, filter);
  }
});

Deno.test("without a rule everything is allowed; with an empty file nothing is", () => {
  const open = rulesOf([], { deniesByDefault: false });
  assert.equal(mayPublish(open.rights(ANN, topicOf("a")), 2, true), true);
  assert.equal(open.maySubscribe(ANN, "#", 2), 2);
  const closed = rulesOf([]);
  assert.equal(mayPublish(closed.rights(ANN, topicOf("a")), 0, false), false);
  assert.equal(closed.maySubscribe(ANN, "#", 0), -1);
});

Deno.test("a token grants what no rule decides, and nothing else is allowed", () => {
  const grants = { place: "token", publish: ["p/#"], subscribe: ["s/#"] };
  const who: Identity = { ...ANN, grants };
  for (const deniesByDefault of [true, false]) {
    const rules = rulesOf(
      deniesByDefault ? [{ topics: ["p/no", "s/no"], permission: "deny" }] : [],
      { deniesByDefault },
    );
    const may = (topic: string) => {
      const rights = rules.rights(who, topicOf(topic));
      return [mayPublish(rights, 0, false), receivableQos(rights, 0, false)];
    };
    assert.deepEqual(may("p/x"), [true, -1]);
    assert.deepEqual(may("s/x"), [false, 0]);
    assert.deepEqual(may("x"), [false, -1]);
    assert.deepEqual(may("p/no"), [!deniesByDefault, -1]);
    assert.equal(rules.maySubscribe(who, "s/x/#", 1), 1);
    assert.equal(rules.maySubscribe(who, "s/no", 1), deniesByDefault ? -1 : 1);
    assert.equal(rules.maySubscribe(who, "p/x", 1), -1);
    for (const topic of ["s/x", "s/no", "p/x", "#"]) {
      const told = rules.explain(who, {
        action: "subscribe",
        topic,
        qos: 1,
        retain: false,
      });
      assert.equal(told.allowed, rules.maySubscribe(who, topic, 1) === 1);
    }
  }
});

Deno.test("somebody outside is asked what no rule decides", () => {
  const asked: string[] = [];
  const remote: RemoteAccess = {
    name: "http://auth",
    ask: (_, { action, topic }) => {
      asked.push(`${action} ${topic}`);
      return topic === "yes";
    },
    denial: (_, { topic }) =>
      topic === "refused" ? "denied by http://auth" : null,
  };
  const rules = rulesOf([
    { topics: ["no/#"], permission: "deny" },
    { topics: ["ok/#"] },
  ], { remote });
  const may = (topic: string) =>
    mayPublish(rules.rights(ANN, topicOf(topic)), 0, false);
  assert.deepEqual(["no/x", "ok/x", "yes"].map(may), [false, true, null]);
  // About receiving nobody is asked: the subscription was.
  const received = ["no/x", "ok/x", "other"].map((topic) =>
    receivableQos(rules.rights(ANN, topicOf(topic)), 0, false)
  );
  assert.deepEqual(received, [-1, 0, 0]);
  const filters = ["ok/+", "no/+", "yes", "ok", "#", "+/x"];
  assert.deepEqual(
    filters.map((filter) => rules.maySubscribe(ANN, filter, 1)),
    [1, -1, null, 1, null, null],
  );
  const question = {
    action: "publish",
    topic: "yes",
    qos: 0,
    retain: false,
  } as const;
  assert.equal(rules.ask(ANN, question), true);
  assert.deepEqual(asked, ["publish yes"]);
  assert.equal(rules.explain(ANN, question).allowed, null);
  const reasons = ["refused", "other", "no/x"].map((topic) =>
    rules.reason(ANN, { ...question, topic })
  );
  assert.deepEqual(reasons.slice(0, 2), [
    "denied by http://auth",
    "http://auth decides",
  ]);
  assert.match(reasons[2], /^denied by /);
  const told = filters.map((topic) =>
    rules.explain(ANN, { ...question, action: "subscribe", topic }).allowed
  );
  assert.deepEqual(told, [true, false, null, true, null, null]);
});

Deno.test("other rules hold at once, and the generation tells", () => {
  const rules = rulesOf([]);
  const before = rules.generation;
  rules.replace(partsOf([{ topics: ["a"] }]));
  assert.notEqual(rules.generation, before);
  assert.equal(mayPublish(rules.rights(ANN, topicOf("a")), 0, false), true);
  // Two authorizers never look alike to who remembers what one has said.
  assert.notEqual(rulesOf([]).generation, rules.generation);
});

Deno.test("an explanation tells the rules in order and where the last one stands", () => {
  const rules = rulesOf([
    { topics: ["a/#"], users: ["bob"], place: "f.toml:3" },
    { topics: ["a/#"], action: "subscribe", place: "f.toml:8" },
    { topics: ["b"], place: "f.toml:12" },
    { topics: ["a/+"], permission: "deny", place: "acl:7" },
    { topics: ["#"], place: "acl:8" },
  ]);
  const told = rules.explain(ANN, {
    action: "publish",
    topic: "a/x",
    qos: 0,
    retain: false,
  });
  assert.equal(told.allowed, false);
  assert.equal(told.reason, "denied by acl:7");
  assert.deepEqual(told.rules.map(({ place, outcome }) => [place, outcome]), [
    ["f.toml:3", "applies to user bob"],
    ["f.toml:8", "applies to subscribing"],
    ["f.toml:12", "applies to other topics"],
    ["acl:7", "decides"],
  ]);
  assert.equal(told.rules[0].text, "allow all a/# to user bob");
});

/** A name, and topics that `home/%u/#` and `home/x-%c/#` are about for it. */
const NAMED: readonly [
  name: string,
  own: readonly string[],
  others: readonly string[],
][] = [
  ["ann", ["home/ann/t", "home/x-ann/t"], ["home/bob/t", "home/t"]],
  ["a/b", ["home/a/b/t", "home/x-a/b/t"], ["home/a/t", "home/b/t", "home/a"]],
  ["/", ["home///t", "home/x-//t"], ["home/t", "home/ann/t"]],
  ["+", ["home/+/t", "home/ann/t"], ["t", "hom/t"]],
  ["#", ["home/ann/t", "home/bob/t"], ["t"]],
  ["a+/b", ["home/ann/b/t", "home/x-a/b/t"], ["home/ann/c/t"]],
  ["$x", ["home/$x/t", "home/x-$x/t"], ["home/x/t"]],
  ["", ["home//t", "home/x-/t"], ["home/ann/t"]],
];

for (const [name, own, others] of NAMED) {
  Deno.test(`rules of %u and %c: the name "${name}" escapes no deny and widens no allow`, () => {
    const who: Identity = { clientId: name, username: name };
    const topics = ["home/%u/#", "home/x-%c/#"];
    const isPlain = name !== "" && !/[+#/]/.test(name);
    const allowing = rulesOf([{ topics }]);
    for (const order of ["first-match", "deny-wins"] as const) {
      const deny: ShortRule = { topics, permission: "deny" };
      const rules = order === "first-match" ? [deny, {}] : [{}, deny];
      const denying = rulesOf(rules, { order });
      for (const topic of [...own, ...others]) {
        const isOwn = own.includes(topic);
        const question = { topic, qos: 1, retain: false } as const;
        const about = `${order} ${topic}`;
        const isDenied = (authorizer: typeof denying, denied: boolean) => {
          // A client cannot name a topic with a wildcard, but subscribe to it.
          if (!/[+#]/.test(topic)) {
            const rights = authorizer.rights(who, topicOf(topic));
            assert.equal(mayPublish(rights, 1, false), !denied, about);
            assert.equal(receivableQos(rights, 1, false) < 1, denied, about);
            const { allowed } = authorizer.explain(who, {
              ...question,
              action: "publish",
            });
            assert.equal(allowed, !denied, about);
          }
          const qos = authorizer.maySubscribe(who, topic, 1);
          assert.equal(qos === -1, denied, about);
          const told = authorizer.explain(who, {
            ...question,
            action: "subscribe",
          });
          assert.equal(told.allowed, !denied, about);
        };
        isDenied(denying, isOwn);
        isDenied(allowing, !(isOwn && isPlain));
      }
    }
  });
}

Deno.test("rules of %u: a deny holds at the front for a name with $, and not for a client without a name", () => {
  const rules = rulesOf([
    { topics: ["%u/#"], permission: "deny" },
    { topics: ["#", "$SYS/#"] },
  ]);
  const may = (username: string | null, topic: string) =>
    rules.maySubscribe({ clientId: "c", username }, topic, 0) === 0;
  assert.equal(may("$SYS", "$SYS/broker/uptime"), false);
  assert.equal(may("ann", "$SYS/broker/uptime"), true);
  // A wildcard at the front does not match topics with `$`.
  assert.equal(may("+", "$SYS/broker/uptime"), true);
  assert.equal(may("+", "ann/x"), false);
  assert.equal(may(null, "ann/x"), true);
});

Deno.test("a leading wildcard does not match a topic that begins with $, others do", () => {
  const may = (filter: string, topic: string) =>
    mayPublish(
      rulesOf([{ topics: [filter] }]).rights(ANN, topicOf(topic)),
      0,
      false,
    );
  for (const filter of ["+/x", "+/#", "#"]) {
    assert.equal(may(filter, "$SYS/x"), false, filter);
    assert.equal(may(filter, "a/x"), true, filter);
  }
  for (const filter of ["$SYS/+", "$SYS/#"]) {
    assert.equal(may(filter, "$SYS/x"), true, filter);
  }
});
