import assert from "node:assert/strict";
import { hex } from "../support/bytes.ts";
import { adminTest } from "./admin_broker.ts";

const PING = hex("c000");

adminTest(
  "traces: an administrator begins one, reads its rows, downloads them, and removes it",
  async (broker) => {
    const admin = await broker.program("admin");
    const post = (path: string, body: unknown = undefined) =>
      admin.send(path, { method: "POST", body });
    const begun = await post("api/v1/traces", {
      client: "door-*",
      packets: ["connect", "publish"],
    });
    assert.equal(begun.status, 200);
    const { id } = begun.json;
    assert.equal(begun.json.end, null);
    const client = await broker.test.connect(5, {
      ...{ clientId: "door-7", username: "u", password: "swordfish" },
    });
    await client.send(
      client.packets.publish({ topic: "home/door", payload: '{"open":true}' }),
    );
    await broker.test.connect(5, "other");
    const page = await admin.send(`api/v1/traces/${id}`);
    const rows = page.json.lines.map((line: string) => JSON.parse(line));
    assert.deepEqual(rows.map((row: { packet: string }) => row.packet), [
      ...["CONNECT", "PUBLISH"],
    ]);
    assert.equal(page.json.last, 2);
    assert.equal(page.json.trace.rows, 2);
    const rest = await admin.send(`api/v1/traces/${id}?after=2`);
    assert.deepEqual(rest.json.lines, []);
    const { json: all } = await admin.send("api/v1/traces");
    assert.deepEqual(all.traces.map((one: { id: number }) => one.id), [id]);
    assert.equal((await post(`api/v1/traces/${id}/stop`)).json.end, "stopped");
    const text = await admin.send(`api/v1/traces/${id}/rows?payload=json`);
    assert.equal(text.headers.get("content-type"), "application/x-ndjson");
    const lines = text.text.trim().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(lines[1].payload, { open: true });
    assert.equal(lines[1].bytes, undefined);
    assert.deepEqual(lines[2], { end: "stopped", rows: 2, missing: 0 });
    const pcap = await admin.fetch(`api/v1/traces/${id}/rows?format=pcap`);
    assert.match(pcap.headers.get("content-disposition")!, /trace-1\.pcap/);
    const bytes = new Uint8Array(await pcap.arrayBuffer());
    assert.equal(new DataView(bytes.buffer).getUint32(0), 0xa1b23c4d);
    const plain = new TextDecoder().decode(bytes);
    assert.ok(plain.includes("home/door"));
    assert.ok(!(page.text + text.text + plain).includes("swordfish"));
    const gone = await admin.send(`api/v1/traces/${id}`, { method: "DELETE" });
    assert.equal(gone.status, 200);
    assert.equal(await admin.status(`api/v1/traces/${id}`), 404);
    assert.equal(await admin.status(`api/v1/traces/${id}/rows`), 404);
  },
);

adminTest(
  "traces: rows are followed to the end of the trace",
  async (broker) => {
    const admin = await broker.program("admin");
    const client = await broker.test.connect(4, "a");
    const { json } = await admin.send("api/v1/traces", {
      ...{ method: "POST", body: { direction: "in" } },
    });
    const following = admin.send(`api/v1/traces/${json.id}/rows?follow=true`);
    await client.send(PING);
    await admin.status(`api/v1/traces/${json.id}`);
    await client.send(PING);
    const stop = `api/v1/traces/${json.id}/stop`;
    assert.equal(await admin.status(stop, { method: "POST" }), 200);
    const lines = (await following).text.trim().split("\n");
    assert.equal(lines.length, 3);
    assert.match(lines[2], /"end":"stopped"/);
  },
);

adminTest(
  "traces: a reader without its rights gets no more rows",
  async (broker) => {
    const admin = await broker.program("admin");
    const { json: token } = await admin.send("api/v1/tokens", {
      method: "POST",
      body: { name: "reader", role: "admin" },
    });
    const authorization = `Bearer ${token.token}`;
    const client = await broker.test.connect(4, "a");
    const { json } = await admin.send("api/v1/traces", {
      ...{ method: "POST", body: { direction: "in" } },
    });
    await client.send(PING);
    const path = `api/v1/traces/${json.id}/rows?follow=true`;
    const following = await broker.anyone.with({ authorization }).fetch(path);
    const reader = following.body!.getReader();
    assert.match(new TextDecoder().decode((await reader.read()).value), /PING/);
    const revoke = `api/v1/tokens/${token.id}`;
    assert.equal(await admin.status(revoke, { method: "DELETE" }), 204);
    await client.send(client.packets.publish({ topic: "late", payload: "" }));
    assert.equal((await reader.read()).done, true);
  },
);

adminTest(
  "admin: every problem has the title of its status",
  async (broker) => {
    const admin = await broker.program("admin");
    const gone = await admin.send("api/v1/sessions?continue=x");
    assert.deepEqual([gone.status, gone.json.title], [410, "Gone"]);
    const body = { topic: "#/a" };
    const bad = await admin.send("api/v1/traces", { method: "POST", body });
    assert.equal(bad.status, 422);
    assert.equal(bad.json.title, "Unprocessable Content");
  },
);

adminTest(
  "traces: the oldest rows give way, and a reader learns how many",
  async (broker) => {
    const admin = await broker.program("admin");
    const client = await broker.test.connect(4, "a");
    const { json } = await admin.send("api/v1/traces", {
      ...{ method: "POST", body: { direction: "in" } },
    });
    const payload = "x".repeat(4096);
    const message = client.packets.publish({ topic: "a", payload });
    for (let count = 0; count < 400; count++) await client.send(message);
    const { json: page } = await admin.send(`api/v1/traces/${json.id}`);
    assert.ok(page.missed > 100, String(page.missed));
    const size = page.lines.reduce(
      (sum: number, one: string) => sum + one.length,
      0,
    );
    assert.ok(size <= 256 * 1024);
    assert.equal(page.trace.rows, 400);
  },
);

adminTest(
  "traces: a choice that cannot be meant, a fifth trace, and a viewer are refused",
  async (broker) => {
    const admin = await broker.program("admin");
    const begin = (body: unknown, caller = admin) =>
      caller.send("api/v1/traces", { method: "POST", body });
    assert.equal((await begin({ topic: "#/a" })).status, 422);
    assert.match((await begin({ topic: "#/a" })).json.detail, /last character/);
    assert.ok((await begin({ packets: ["nothing"] })).status >= 400);
    for (let count = 0; count < 4; count++) {
      assert.equal((await begin({ seconds: 60 })).status, 200);
    }
    assert.equal((await begin({})).status, 409);
    await broker.test.advance(60_000);
    assert.equal((await begin({})).status, 200);
    const viewer = await broker.program("viewer");
    assert.equal((await begin({}, viewer)).status, 403);
    assert.equal(await viewer.status("api/v1/traces"), 403);
    assert.equal(await viewer.status("api/v1/traces/1/rows"), 403);
  },
);
