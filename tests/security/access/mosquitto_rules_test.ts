import assert from "node:assert/strict";
import { type QoS, Topic } from "../../../src/mqtt/mod.ts";
import {
  AccessFileError,
  readMosquittoRules,
} from "../../../src/security/access/mod.ts";
import {
  type Identity,
  mayPublish,
  receivableQos,
} from "../../../src/security/mod.ts";
import { mosquittoRules } from "../../support/rules.ts";

/** As Mosquitto's own example and manual write it. */
const EXAMPLE = `# This affects access control for clients with no username.
topic read $SYS/#

# This only affects clients with username "roger".
user roger
topic foo/bar
topic deny foo/bar/secret
topic readwrite a topic with spaces/#
topic write out/#

user two words
topic read in/#\r
# This affects all clients.
pattern write $SYS/broker/connection/%c/state
pattern readwrite home/%u/+
pattern deny home/roger/locked
pattern read sensor-%c/#
user roger
topic home/roger/locked
`;

function who(username: string | null, clientId = "c"): Identity {
  return { username, clientId };
}

/** "rw", "r", "w" or "-": what a client may do with a topic. */
function mayDo(rules: string, identity: Identity, topic: string): string {
  const rights = mosquittoRules(rules).rights(
    identity,
    new Topic(topic, new TextEncoder().encode(topic)),
  );
  const qos: QoS = 1;
  const read = receivableQos(rights, qos, false) === qos ? "r" : "";
  const write = mayPublish(rights, qos, false) ? "w" : "";
  return read + write || "-";
}

const CELLS: readonly [Identity, string, string][] = [
  [who(null), "$SYS/broker/uptime", "r"],
  [who("roger"), "$SYS/broker/uptime", "-"],
  [who("roger"), "foo/bar", "rw"],
  [who(null), "foo/bar", "-"],
  [who("bob"), "foo/bar", "-"],
  // A denial of the user's goes before what is allowed, wherever it stands.
  [who("roger"), "foo/bar/secret", "-"],
  [who("roger"), "a topic with spaces/x", "rw"],
  [who("roger"), "out/x", "w"],
  [who("two words"), "in/x", "r"],
  [who("two words"), "out/x", "-"],
  [who(null, "gate"), "$SYS/broker/connection/gate/state", "rw"],
  [who("bob", "gate"), "$SYS/broker/connection/gate/state", "w"],
  [who("bob", "gate"), "$SYS/broker/connection/other/state", "-"],
  [who("bob"), "home/bob/lamp", "rw"],
  [who("bob"), "home/ann/lamp", "-"],
  // What is the user's own goes before any pattern.
  [who("roger"), "home/roger/locked", "rw"],
  [who("bob"), "home/roger/locked", "-"],
  [who("bob", "7"), "sensor-7/x", "r"],
  [who("bob", "7"), "sensor-8/x", "-"],
  // A name alone must not be a wildcard, nor two levels, nor no name.
  [who("+"), "home/bob/lamp", "-"],
  [who("#"), "home/bob/lamp", "-"],
  [who("bob/lamp"), "home/bob/lamp/x", "-"],
  [who(null), "home//lamp", "-"],
];

for (const [identity, topic, expected] of CELLS) {
  const name = identity.username ?? "nobody";
  Deno.test(`Mosquitto's rules: ${name} (${identity.clientId}) may do "${expected}" with ${topic}`, () => {
    assert.equal(mayDo(EXAMPLE, identity, topic), expected);
  });
}

Deno.test("Mosquitto's rules: patterns allow nothing to names with +, # or /", () => {
  const rules = "user a/b\ntopic own\npattern #\npattern deny no";
  for (
    const [name, id] of [["a/b", "c"], ["a", "b/c"], ["+", "c"], ["a", "#"]]
  ) {
    assert.equal(mayDo(rules, who(name, id), "t"), "-");
  }
  assert.equal(mayDo(rules, who("a", "c"), "t"), "rw");
  assert.equal(mayDo(rules, who(null, "c"), "t"), "rw");
  assert.equal(mayDo(rules, who("a/b", "c"), "own"), "rw");
});

Deno.test("Mosquitto's rules: %u in a topic line is two letters", () => {
  const rules = "user bob\ntopic home/%u";
  assert.equal(mayDo(rules, who("bob"), "home/%u"), "rw");
  assert.equal(mayDo(rules, who("bob"), "home/bob"), "-");
});

Deno.test("Mosquitto's rules: a name with $ does not open the broker's topics", () => {
  const rules = "pattern read %c/#\npattern write %u/#";
  assert.equal(mayDo(rules, who("ann", "$SYS"), "$SYS/broker/uptime"), "-");
  assert.equal(mayDo(rules, who("$SYS", "x"), "$SYS/broker/uptime"), "-");
  assert.equal(mayDo(rules, who("ann", "x$"), "x$/a"), "r");
  assert.equal(mayDo("pattern read a/%c", who(null, "$x"), "a/$x"), "r");
});

Deno.test("Mosquitto's rules: an empty name is no level", () => {
  const rules = "pattern read %u/#\npattern write a/%u/b";
  assert.equal(mayDo(rules, who(""), "/a"), "-");
  assert.equal(mayDo(rules, who(""), "a//b"), "-");
  assert.equal(mayDo(rules, who("u"), "u"), "r");
});

Deno.test("Mosquitto's rules: a wildcard at the front leaves $ topics out", () => {
  const rules = "topic #\ntopic deny +/secret";
  assert.equal(mayDo(rules, who(null), "a"), "rw");
  assert.equal(mayDo(rules, who(null), "a/secret"), "-");
  assert.equal(mayDo(rules, who(null), "$SYS/secret"), "-");
});

Deno.test("Mosquitto's rules: all mistakes are told, each with its line", () => {
  const text = [
    "user",
    "topic",
    "topic sometimes a/b",
    "topic read a/#/b",
    "Topic a",
    "  user ann  ",
    "topic read",
    "pattern",
  ].join("\n");
  assert.throws(() => readMosquittoRules(text, "rules.acl"), (error) => {
    assert.ok(error instanceof AccessFileError);
    assert.deepEqual(
      error.mistakes.map((one) => one.slice(0, one.indexOf(" "))),
      [1, 2, 3, 4, 5, 8].map((line) => `rules.acl:${line}:`),
    );
    assert.match(error.mistakes[2], /"sometimes" is not known/);
    assert.match(error.mistakes[3], /a\/#\/b/);
    return true;
  });
  // A word alone is the filter, as Mosquitto has it.
  const [rule] = readMosquittoRules("\ufeffuser ann\ntopic read\n", "f");
  assert.deepEqual([rule.topics, rule.place, rule.action], [
    ["read"],
    "f:2",
    "all",
  ]);
});
