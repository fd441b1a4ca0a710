import assert from "node:assert/strict";
import { property } from "../support/bytes.ts";
import { testRules } from "../support/rules.ts";
import { type AdminCaller, adminTest } from "./admin_broker.ts";

const API = "api/v1/";

/** Sends a GET with these members in the query; it must succeed. */
async function get(
  caller: AdminCaller,
  path: string,
  query: Readonly<Record<string, string>> = {},
) {
  const search = new URLSearchParams(query).toString();
  const { status, json, text } = await caller.send(`${API}${path}?${search}`);
  assert.equal(status, 200, text);
  return json;
}

/** Sends a POST; it must succeed. */
async function post(caller: AdminCaller, path: string, body: object) {
  const { status, json, text } = await caller.send(API + path, {
    method: "POST",
    body,
  });
  assert.equal(status, 200, text);
  return json;
}

/** Returns status and code of a request that is refused. */
async function refusal(
  caller: AdminCaller,
  path: string,
  body?: object,
): Promise<[status: number, code: string]> {
  const { status, json, headers } = await caller.send(
    API + path,
    body === undefined ? {} : { method: "POST", body },
  );
  assert.equal(headers.get("content-type"), "application/problem+json");
  assert.equal(json.status, status);
  assert.ok(json.title.length > 0 && json.detail.length > 0);
  return [status, json.code];
}

const KEEP = { properties: [property.sessionExpiry(600)] };

adminTest(
  "lists over HTTP: a viewer finds the device that misbehaves",
  async (broker) => {
    const viewer = await broker.program("viewer");
    const { test } = broker;
    const pump = await test.connect(5, {
      clientId: "plant/pump #1",
      username: "ann",
      keepAlive: 30,
      ...KEEP,
    });
    await pump.subscribe([["pump/#", 1]]);
    await pump.drop();
    const meter = await test.connect(4, "meter");
    for (const payload of ["1", "22"]) {
      await meter.publish({ topic: "pump/1", payload, qos: 1 });
      await meter.expectAck(4, 1);
    }
    const { rows, next, continue: more } = await get(viewer, "clients", {
      backlog: "true",
      away: "true",
      sort: "-backlog",
    });
    assert.deepEqual([rows.length, next, more], [1, null, null]);
    const [row] = rows;
    assert.deepEqual(
      [row.id, row.user, row.state, row.backlog, row.protocol, row.listener],
      ["plant/pump #1", "ann", "away", 2, "tcp", "test"],
    );
    assert.deepEqual(
      row.lastEnds.map(({ reason }: { reason: string }) => reason),
      ["client-closed"],
    );
    const clientId = row.id;
    const detail = await get(viewer, "clients/show", { clientId });
    assert.deepEqual(
      detail.subscribed.map(({ filter }: { filter: string }) => filter),
      ["pump/#"],
    );
    const why = await get(viewer, "clients/explain", {
      clientId,
      topic: "pump/1",
    });
    assert.equal(why.findings[0].kind, "away");
    assert.deepEqual(why.matching, ["pump/# (QoS 1)"]);
    const all = await get(viewer, "sessions");
    assert.equal(all.rows.length, 2);
    assert.deepEqual(
      await refusal(viewer, "clients/show?clientId=nobody"),
      [404, "no-such-client"],
    );
  },
);

adminTest("lists over HTTP: pages go on with next", async (broker) => {
  const viewer = await broker.program("viewer");
  for (let i = 0; i < 5; i++) await broker.test.connect(5, `client-${i}`);
  const found: string[] = [];
  let after: string | null = null;
  do {
    const page: { rows: { id: string }[]; next: string | null } = await get(
      viewer,
      "clients",
      { limit: "2", sort: "-id", ...after === null ? {} : { after } },
    );
    found.push(...page.rows.map(({ id }) => id));
    after = page.next;
  } while (after !== null);
  assert.deepEqual(
    found,
    [4, 3, 2, 1, 0].map((i) => `client-${i}`),
  );
  for (
    const query of [
      "limit=0",
      "limit=1001",
      "limit=1.5",
      "limit=x",
      "sort=colour",
      "after=x",
      "away=maybe",
      "address=nowhere",
      "topic=a/%23",
      "colour=blue",
      "continue=unknown0",
    ]
  ) {
    const [status, code] = await refusal(viewer, `clients?${query}`);
    assert.ok(
      status === 400 && code === "invalid-request" ||
        status === 410 && code === "token-expired",
      `${query}: ${status} ${code}`,
    );
  }
});

adminTest(
  "lists over HTTP: an administrator disconnects, and deletes a session; both are logged",
  async (broker) => {
    const admin = await broker.program("admin");
    const { test } = broker;
    const pump = await test.connect(5, { clientId: "pump", ...KEEP });
    const body = { clientId: "pump", reason: "calibration is due" };
    assert.deepEqual(await post(admin, "clients/kick", body), {
      clientId: "pump",
    });
    const packet = await pump.receive();
    assert.deepEqual([packet.type, packet.code], [14, 0x98]);
    assert.ok(new TextDecoder().decode(packet.bytes).includes("calibration"));
    assert.deepEqual(
      await refusal(admin, "clients/kick", body),
      [409, "not-connected"],
    );
    const { rows: [row] } = await get(admin, "clients", { id: "pump" });
    assert.equal(row.lastEnds[0].reason, "administrative-action");
    assert.deepEqual(
      await post(admin, "sessions/delete", { clientId: "pump" }),
      { stored: true },
    );
    assert.deepEqual(
      await refusal(admin, "sessions/delete", { clientId: "pump" }),
      [404, "no-such-client"],
    );
    assert.equal(test.broker.state.sessions, 0);
    const audited = test.events.filter(([, event]) => event === "admin")
      .map(([, , { what, client, status }]) => [what, client, status])
      .filter(([, client]) => client !== undefined);
    assert.deepEqual(audited, [
      ["POST /clients/kick", "pump", 200],
      ["POST /clients/kick", "pump", 409],
      ["POST /sessions/delete", "pump", 200],
      ["POST /sessions/delete", "pump", 404],
    ]);
  },
);

adminTest(
  "lists over HTTP: subscriptions and shared groups",
  async (broker) => {
    const viewer = await broker.program("viewer");
    const one = await broker.test.connect(5, "one");
    const two = await broker.test.connect(5, "two");
    await one.subscribe([["t/+", 2], ["$share/g/t/#", 1]]);
    await two.subscribe([["$share/g/t/#", 0]]);
    const filters = async (query: Record<string, string>) =>
      (await get(viewer, "subscriptions", query)).rows
        .map(({ client, filter }: { client: string; filter: string }) =>
          `${client} ${filter}`
        );
    assert.deepEqual(await filters({ client: "one" }), [
      "one $share/g/t/#",
      "one t/+",
    ]);
    assert.deepEqual(await filters({ topic: "t/1", shared: "false" }), [
      "one t/+",
    ]);
    const { rows } = await get(viewer, "groups");
    assert.deepEqual(rows, [{ name: "g", filter: "t/#", members: 2 }]);
    const members = await get(viewer, "groups/members", {
      name: "g",
      filter: "t/#",
    });
    assert.deepEqual(
      members.rows.map(({ client }: { client: string }) => client),
      ["one", "two"],
    );
    assert.deepEqual(
      await refusal(viewer, "groups/members?name=x&filter=t"),
      [404, "no-such-group"],
    );
  },
);

adminTest(
  "lists over HTTP: retained messages are set, found, and deleted after a count",
  async (broker) => {
    const admin = await broker.program("admin");
    const reader = await broker.test.connect(5, "reader");
    await reader.subscribe([["plant/#", 0]]);
    const set = (topic: string, payload: string) =>
      post(admin, "retained/set", {
        topic,
        payload,
        properties: { contentType: "text/plain", userProperties: [["a", "b"]] },
      });
    assert.deepEqual(await set("plant/1", "on"), {
      topic: "plant/1",
      receivers: 1,
    });
    for (const topic of ["plant/2", "plant/hall/3", "other"]) {
      await set(topic, "off");
    }
    await reader.receiveAll();
    const message = await get(admin, "retained/message", { topic: "plant/1" });
    assert.deepEqual(
      [message.payload, message.encoding, message.publisher],
      ["on", "text", ""],
    );
    assert.deepEqual(message.properties, {
      contentType: "text/plain",
      userProperties: [["a", "b"]],
    });
    const levels = await get(admin, "retained/levels", { path: "plant" });
    assert.deepEqual(
      levels.rows.map((
        { path, children }: { path: string; children: number },
      ) => [path, children]),
      [["plant/1", 0], ["plant/2", 0], ["plant/hall", 1]],
    );
    const first = await get(admin, "retained/search", {
      filter: "plant/#",
      limit: "2",
    });
    const second = await get(admin, "retained/search", { next: first.next });
    assert.deepEqual([first.rows.length, second.rows.length], [2, 1]);
    assert.deepEqual(
      await post(admin, "retained/delete", { topic: "other" }),
      { stored: true },
    );
    assert.deepEqual(
      await refusal(admin, "retained/message?topic=other"),
      [404, "no-such-message"],
    );

    const counted = await get(admin, "retained/count", { filter: "plant/#" });
    assert.equal(counted.count, 3);
    await set("plant/2", "on");
    const viewer = await broker.program("viewer");
    assert.deepEqual(
      await refusal(viewer, "retained/delete-counted", {
        token: counted.token,
      }),
      [403, "role-missing"],
    );
    assert.deepEqual(
      await post(admin, "retained/delete-counted", { token: counted.token }),
      { deleted: 2, changed: 1, stored: true, continue: null },
    );
    const left = await get(admin, "retained/search", { filter: "#" });
    assert.deepEqual(
      left.rows.map(({ topic }: { topic: string }) => topic),
      ["plant/2"],
    );
    // Removals reach no subscriber.
    assert.deepEqual((await reader.receiveAll()).map(({ type }) => type), [3]);
    assert.deepEqual(
      await refusal(admin, "retained/delete-counted", { token: counted.token }),
      [410, "token-expired"],
    );
  },
);

adminTest(
  "lists over HTTP: messages that the broker does not accept count for their publisher",
  async (broker) => {
    const viewer = await broker.program("viewer");
    const meter = await broker.test.connect(5, "meter");
    await meter.publish({ topic: "secret/1", payload: "x", qos: 1 });
    await meter.expectAck(4, 1, 0x87);
    await meter.publish({ topic: "open", payload: "x", qos: 0 });
    const { rows: [row] } = await get(viewer, "clients", { drops: "true" });
    assert.deepEqual([row.id, row.dropped, row.messagesReceived], [
      "meter",
      1,
      2,
    ]);
    assert.deepEqual(row.drops, [{ reason: "not-authorized", count: 1 }]);
    const detail = await get(viewer, "clients/show", { clientId: "meter" });
    assert.deepEqual(detail.notDelivered, []);
    assert.equal(detail.notAccepted[0].lastTopic, "secret/1");
    const reader = await broker.test.connect(5, {
      clientId: "reader",
      ...KEEP,
    });
    await reader.subscribe([["open", 0]]);
    await reader.drop();
    await meter.publish({ topic: "open", payload: "x", qos: 0 });
    const { drops } = await get(viewer, "clients/explain", {
      clientId: "reader",
      topic: "open",
    });
    assert.deepEqual(drops, [{
      reason: "detached-qos0",
      count: 1,
      lastAt: "2026-07-01T00:00:00.000Z",
      lastTopic: "open",
    }]);
  },
  {
    authorizer: testRules({ publish: (topic) => !topic.startsWith("secret/") }),
  },
);
