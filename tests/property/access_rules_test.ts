import assert from "node:assert/strict";
import fc from "fast-check";
import { type QoS, Topic, topicMatches } from "../../src/mqtt/mod.ts";
import {
  type AccessRule,
  EVERYBODY,
  RuleAuthorizer,
  type RuleOrder,
} from "../../src/security/access/mod.ts";
import {
  type AccessQuestion,
  type Identity,
  mayPublish,
  receivableQos,
} from "../../src/security/mod.ts";

// The rule engine against the plain reading of the rules: every rule in its
// order, every filter by `topicMatches`.

/** Names in rules and of clients; some must not get into a filter. */
const NAMES = ["a", "b", "$x", "+", "a/b", "#", ""];
const GROUPS: ReadonlyMap<string, readonly string[]> = new Map([
  ["b", ["staff"]],
  ["a", ["staff", "guests"]],
]);

/** No rule has the word "z", so that a topic is outside of what they name. */
const WORDS = ["a", "b", "$x", "z"];
const TOPICS = topicsUpTo(4);

function topicsUpTo(levels: number): string[] {
  const found = [...WORDS];
  let last = found.slice();
  for (let n = 1; n < levels; n++) {
    last = last.flatMap((topic) => WORDS.map((word) => `${topic}/${word}`));
    found.push(...last);
  }
  return found;
}

const qosList = fc.uniqueArray(fc.constantFrom<QoS>(0, 1, 2), { minLength: 1 });

const filterOf = (words: readonly string[]) =>
  fc.tuple(
    fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 3 }),
    fc.boolean(),
  ).map(([levels, all]) => [...levels, ...(all ? ["#"] : [])].join("/"));

const ruleFilter = fc.oneof(
  filterOf(["a", "b", "$x", "+", "%u", "%c"]),
  fc.constant("#"),
);
const asked = fc.oneof(filterOf(["a", "b", "$x", "+"]), fc.constant("#"));

const some = (values: readonly string[]) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant<string[]>([]) },
    fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 2 }),
  );

const rule: fc.Arbitrary<AccessRule> = fc.record({
  subject: fc.record({
    users: some(NAMES),
    groups: some(["staff", "guests", "token"]),
    clientIds: some(NAMES),
    networks: some(["10.0.0.0/8", "192.0.2.1"]),
    listeners: some(["inside", "outside"]),
    anonymous: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, {
      weight: 1,
      arbitrary: fc.constant(true),
    }),
  }).map((subject) => ({ ...EVERYBODY, ...subject })),
  action: fc.constantFrom("publish", "subscribe", "all"),
  qos: fc.oneof(fc.constant<QoS[]>([0, 1, 2]), qosList),
  retain: fc.constantFrom<"any" | boolean>("any", "any", true, false),
  topics: fc.array(ruleFilter, { minLength: 1, maxLength: 2 }),
  isPattern: fc.constant(true),
  permission: fc.constantFrom("allow", "deny"),
  place: fc.constant("rules:1"),
});

const identity: fc.Arbitrary<Identity> = fc.record({
  clientId: fc.constantFrom(...NAMES),
  username: fc.oneof(fc.constantFrom(...NAMES), fc.constant(null)),
  hostname: fc.constantFrom("10.1.2.3", "::ffff:10.1.2.3", "192.0.2.1", "::1"),
  listener: fc.constantFrom("inside", "outside"),
  groups: fc.constantFrom([], ["token"]),
});

const order = fc.constantFrom<RuleOrder>("first-match", "deny-wins");

/** The filter as it is for a client; null when a name does not fit in. */
function plainFilter(
  filter: string,
  { username, clientId }: Identity,
  permission: AccessRule["permission"],
) {
  const levels: string[] = [];
  for (const [index, word] of filter.split("/").entries()) {
    if (word !== "%u" && word !== "%c") {
      levels.push(word);
      continue;
    }
    const name = word === "%u" ? username : clientId;
    if (name === null) return null;
    if (permission === "deny") {
      const parts = name.split("/");
      levels.push(...parts.map((part) => /[+#]/.test(part) ? "+" : part));
    } else if (
      name === "" || /[+#/]/.test(name) || (index === 0 && name.startsWith("$"))
    ) return null;
    else levels.push(name);
  }
  return levels.join("/");
}

function isAbout({ subject }: AccessRule, who: Identity): boolean {
  const { username, clientId, listener, hostname } = who;
  const groups = [...GROUPS.get(username ?? "") ?? [], ...who.groups ?? []];
  const isIn = (network: string) =>
    network === "192.0.2.1"
      ? hostname === "192.0.2.1"
      : hostname!.endsWith("10.1.2.3");
  const fits = (wanted: readonly string[], test: (one: string) => boolean) =>
    wanted.length === 0 || wanted.some(test);
  return (!subject.anonymous || username === null) &&
    fits(subject.users, (one) => one === username) &&
    fits(subject.groups, (one) => groups.includes(one)) &&
    fits(subject.clientIds, (one) => one === clientId) &&
    fits(subject.listeners, (one) => one === listener) &&
    fits(subject.networks, isIn);
}

function filtersOf(one: AccessRule, who: Identity): string[] {
  return one.topics.map((filter) => plainFilter(filter, who, one.permission))
    .filter((filter) => filter !== null);
}

/** Whether it may be done: rule by rule, as anybody would read them. */
function naively(
  rules: readonly AccessRule[],
  how: RuleOrder,
  who: Identity,
  { action, topic, qos, retain }: AccessQuestion,
): boolean {
  const verb = action === "publish" ? "publish" : "subscribe";
  const fitting = rules.filter((one) =>
    isAbout(one, who) &&
    (one.action === "all" || one.action === verb) &&
    one.qos.includes(qos) &&
    (one.retain === "any" || one.retain === retain) &&
    filtersOf(one, who).some((filter) => topicMatches(filter, topic))
  );
  if (how === "first-match") return fitting[0]?.permission === "allow";
  return fitting.length > 0 &&
    fitting.every((one) => one.permission === "allow");
}

function authorizer(rules: readonly AccessRule[], how: RuleOrder) {
  return new RuleAuthorizer({
    rules: rules.map((one, index) => ({ ...one, place: `rules:${index}` })),
    order: how,
    groups: GROUPS,
    deniesByDefault: true,
    remote: null,
  });
}

const topicOf = (text: string) =>
  new Topic(text, new TextEncoder().encode(text));

const given = {
  rules: fc.array(rule, { maxLength: 6 }),
  order,
  who: identity,
};

Deno.test("access: the engine decides as the rules read", () => {
  fc.assert(
    fc.property(
      fc.record({
        ...given,
        topic: fc.constantFrom(...TOPICS),
        qos: fc.constantFrom<QoS>(0, 1, 2),
        retain: fc.boolean(),
      }),
      ({ rules, order, who, topic, qos, retain }) => {
        const engine = authorizer(rules, order);
        const rights = engine.rights(who, topicOf(topic));
        const question = { action: "publish", topic, qos, retain } as const;
        const publish = naively(rules, order, who, question);
        assert.equal(mayPublish(rights, qos, retain), publish);
        const receive = naively(rules, order, who, {
          ...question,
          action: "receive",
        });
        assert.equal(receivableQos(rights, qos, retain) === qos, receive);
        for (const action of ["publish", "receive"] as const) {
          const told = engine.explain(who, { ...question, action });
          assert.equal(told.allowed, action === "publish" ? publish : receive);
          assert.equal(
            engine.reason(who, { ...question, action }),
            told.reason,
          );
          const deciders = told.rules.filter(({ decides }) => decides);
          assert.ok(deciders.length <= 1);
          if (told.allowed) assert.equal(deciders.length, 1);
        }
      },
    ),
    { numRuns: 3000 },
  );
});

/**
 * The highest QoS for a filter: some topic that it matches is allowed by a
 * rule whose common part no earlier denial, or any, takes as a whole.
 */
function naiveGrant(
  rules: readonly AccessRule[],
  how: RuleOrder,
  who: Identity,
  filter: string,
  most: QoS,
): QoS | -1 {
  const mine = rules.filter((one) =>
    isAbout(one, who) && one.action !== "publish"
  );
  const matched = TOPICS.filter((topic) => topicMatches(filter, topic));
  for (let qos = most; qos >= 0; qos--) {
    for (const retain of [false, true]) {
      const now = mine.filter((one) =>
        one.qos.includes(qos) && (one.retain === "any" || one.retain === retain)
      );
      const isGranted = now.some((one, index) => {
        if (one.permission === "deny") return false;
        const denials = (how === "deny-wins" ? now : now.slice(0, index))
          .filter(({ permission }) => permission === "deny");
        return filtersOf(one, who).some((allowed) => {
          const part = matched.filter((topic) => topicMatches(allowed, topic));
          return part.length > 0 &&
            !denials.some((denial) =>
              filtersOf(denial, who).some((denied) =>
                part.every((topic) => topicMatches(denied, topic))
              )
            );
        });
      });
      if (isGranted) return qos as QoS;
    }
  }
  return -1;
}

Deno.test("access: a filter is granted when it can match what is allowed", () => {
  fc.assert(
    fc.property(
      fc.record({
        ...given,
        filter: asked,
        qos: fc.constantFrom<QoS>(0, 1, 2),
      }),
      ({ rules, order, who, filter, qos }) => {
        const engine = authorizer(rules, order);
        const granted = engine.maySubscribe(who, filter, qos);
        assert.equal(granted, naiveGrant(rules, order, who, filter, qos));
        const told = engine.explain(who, {
          action: "subscribe",
          topic: filter,
          qos,
          retain: false,
        });
        assert.equal(told.allowed, granted !== -1);
        const reason = engine.reason(who, {
          action: "subscribe",
          topic: filter,
          qos,
          retain: false,
        });
        assert.equal(reason, told.reason);
        if (granted !== -1) return;
        // Refused means: there was nothing to get.
        for (const topic of TOPICS) {
          if (!topicMatches(filter, topic)) continue;
          const rights = engine.rights(who, topicOf(topic));
          assert.equal(receivableQos(rights, qos, false), -1, topic);
          assert.equal(receivableQos(rights, qos, true), -1, topic);
        }
      },
    ),
    { numRuns: 1500 },
  );
});
