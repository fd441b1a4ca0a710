import assert from "node:assert/strict";
import type { AccessQuestion } from "../../src/security/mod.ts";
import { property } from "../support/bytes.ts";
import { auth } from "../support/packets.ts";
import { propertyOf } from "../support/read_packet.ts";
import { mosquittoRules, partsOf, rulesOf } from "../support/rules.ts";
import { settle } from "../support/settle.ts";
import { RuledSessions } from "./ruled_sessions.ts";

// User name and cause of an end, as the log gets them.

const named = (name: string) => [
  property.authenticationMethod("name"),
  property.authenticationData(name),
];

Deno.test("the end of a connection has the user name of the latest re-authentication", async () => {
  const sessions = new RuledSessions(rulesOf([{ topics: ["#"] }]));
  const options = { clientId: "c", properties: named("ann") };
  const client = await sessions.connect(5, options);
  await client.send(auth(0x19, named("bob")));
  assert.equal((await client.receive()).type, 15);
  await client.disconnect();
  assert.deepEqual(sessions.ends, [["bob", undefined, null]]);
});

const disconnecting = {
  access: { on_denied_publish: "disconnect", explain: false },
} as const;

for (const version of [4, 5] as const) {
  Deno.test(`the end by a denied PUBLISH has the reason of the refusal, also where no client gets it (version ${version})`, async () => {
    const rules = mosquittoRules("topic read #");
    const sessions = new RuledSessions(rules, disconnecting);
    const client = await sessions.connect(version, { clientId: "c" });
    await client.publish({ topic: "t" });
    await settle();
    const [[, detail]] = sessions.ends;
    assert.equal(
      detail,
      "PUBLISH to t: no rule allows it, and what no rule allows is denied",
    );
  });
}

Deno.test("the end by a PUBLISH that an access server denied names the server and its reason", async () => {
  const remote = {
    name: "http://a.test/acl",
    ask: () => Promise.resolve(false),
    denial: (_: unknown, { topic }: AccessQuestion) =>
      `denied by http://a.test/acl: ${topic} is closed`,
  };
  const rules = rulesOf([], { remote });
  const sessions = new RuledSessions(rules, disconnecting);
  const client = await sessions.connect(5, { clientId: "c" });
  await client.publish({ topic: "t" });
  await settle();
  const [[, detail]] = sessions.ends;
  assert.equal(
    detail,
    "PUBLISH to t: denied by http://a.test/acl: t is closed",
  );
});

Deno.test("the end by a PUBLISH to a topic of the broker's own blames no rule", async () => {
  const sessions = new RuledSessions(rulesOf([{ topics: ["#"] }]), {
    access: { on_denied_publish: "disconnect", explain: true },
  });
  const client = await sessions.connect(5, { clientId: "c" });
  await client.publish({ topic: "$SYS/x" });
  const reason = propertyOf(await client.receive(), 0x1f);
  assert.match(`${reason}`, /the broker's own/);
  const [[, detail]] = sessions.ends;
  assert.equal(detail, `PUBLISH to $SYS/x: ${reason}`);
});

Deno.test("a will that is refused has the reason of the refusal in the log, also where no client gets it", async () => {
  const rules = mosquittoRules("topic read #");
  const sessions = new RuledSessions(rules, disconnecting);
  const client = sessions.open(5);
  const will = { topic: "t", payload: "x" };
  await client.send(client.packets.connect({ clientId: "c", will }));
  await settle();
  const [[, detail]] = sessions.ends;
  assert.match(detail!, /^the will to t: no rule allows it/);
});

Deno.test("a will topic that is refused is in the log with the client id, and only there", async () => {
  for (const version of [3, 4, 5] as const) {
    for (
      const [topic, fault] of [
        ["a/#", /^the will topic is not valid: .* wildcard: "a\/#"$/],
        ["", /^the will topic is not valid: a topic name is empty: ""$/],
        ["$SYS/x", /^the will topic is reserved for the broker: "\$SYS\/x"$/],
        ["l/".repeat(300), /^the will topic .* broker allows: "(l\/){100}"$/],
      ] as const
    ) {
      const sessions = new RuledSessions(rulesOf([{ topics: ["#"] }]));
      const client = sessions.open(version);
      const will = { topic, payload: "x" };
      await client.send(client.packets.connect({ clientId: "c", will }));
      if (version === 5) {
        const reason = propertyOf(await client.receive(), 0x1f);
        assert.doesNotMatch(`${reason}`, /"/);
      }
      await settle();
      assert.deepEqual(sessions.endedIds, ["c"]);
      const [[, detail]] = sessions.ends;
      assert.match(detail!, fault);
    }
  }
});

Deno.test("the end of a client that wants no reasons has its reason in the log", async () => {
  const rules = rulesOf([{ topics: ["#"] }]);
  const sessions = new RuledSessions(rules);
  const properties = [property.requestProblem(0)];
  const client = await sessions.connect(5, { clientId: "c", properties });
  await client.subscribe(["a"]);
  rules.replace(partsOf([]));
  await sessions.enforce("c");
  const goodbye = await client.receive();
  assert.deepEqual([goodbye.code, goodbye.properties], [0x87, []]);
  const [[, detail]] = sessions.ends;
  assert.match(detail!, /no subscription .* allowed any more: a$/);
});
