import assert from "node:assert/strict";
import type { Connection } from "../../src/session/connection/connection.ts";
import { DeferredAcks } from "../../src/session/core/deferred_acks.ts";
import { StubStore } from "./stub_store.ts";

const CONNECTION = {} as Connection;

Deno.test("a late answer waits for the batch that has what it says, not for the one before", () => {
  const store = new StubStore("durable");
  store.willing = false;
  const late = new DeferredAcks();
  const sent: string[] = [];
  late.add(CONNECTION, store, 5, 1, () => sent.push("first"));
  const first = store.begin();
  late.add(CONNECTION, store, 5, 2, () => sent.push("second"));
  const second = store.begin();
  late.add(CONNECTION, store, 5, 3, () => sent.push("third"));
  store.finish(first);
  assert.deepEqual(sent, ["first"]);
  store.finish(second);
  assert.deepEqual(sent, ["first", "second"]);
  assert.equal(late.size, 1);
  store.commit();
  assert.deepEqual(sent, ["first", "second", "third"]);
  assert.equal(late.size, 0);
});
