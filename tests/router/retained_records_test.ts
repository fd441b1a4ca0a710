import assert from "node:assert/strict";
import { Message, Topic } from "../../src/mqtt/mod.ts";
import {
  RetainedBlock,
  RetainedNode,
} from "../../src/router/retained/retained_node.ts";
import { RetainedRecords } from "../../src/router/retained/retained_records.ts";

function message(length: number): Message {
  const topic = new Topic("a", new Uint8Array([97]));
  return new Message(topic, new Uint8Array(length).fill(length), 0, length);
}

/** The blocks that `nodes` keep in memory. */
function blocksOf(nodes: Iterable<RetainedNode>): Set<RetainedBlock> {
  const blocks = new Set<RetainedBlock>();
  for (const { held } of nodes) {
    if (held instanceof RetainedBlock) blocks.add(held);
  }
  return blocks;
}

Deno.test("retained records: dead bytes are let go", () => {
  const records = new RetainedRecords();
  const nodes = new Set<RetainedNode>();
  for (let i = 0; i < 2000; i++) {
    const node = new RetainedNode("", null);
    records.hold(node, message(200));
    nodes.add(node);
  }
  const full = blocksOf(nodes).size;
  let i = 0;
  for (const node of nodes) {
    if (i++ % 10 === 0) continue;
    records.release(node);
    nodes.delete(node);
  }
  assert.ok(blocksOf(nodes).size <= full / 4, "most nodes were released");
  for (const node of nodes) {
    assert.equal(records.read(node)?.payloadLength, 200);
  }
});

Deno.test("retained records: few that stay do not keep what others wrote", () => {
  const records = new RetainedRecords();
  const busy = new RetainedNode("", null);
  const nodes = [busy];
  records.hold(busy, message(200));
  for (let i = 0; i < 200; i++) {
    const quiet = new RetainedNode("", null);
    records.hold(quiet, message(1));
    nodes.push(quiet);
    for (let n = 0; n < 80; n++) {
      records.release(busy);
      records.hold(busy, message(200));
    }
  }
  assert.ok(blocksOf(nodes).size <= 3, "200 short records fit one block");
});

Deno.test("retained records: a message given out outlives its replacement", () => {
  const records = new RetainedRecords();
  const node = new RetainedNode("", null);
  records.hold(node, message(5));
  const given = records.read(node) as Message;
  for (let i = 0; i < 500; i++) {
    records.release(node);
    records.hold(node, message(200));
  }
  const payload = given.bytes.slice(given.payloadStart, given.payloadEnd);
  assert.deepEqual([...payload], [5, 5, 5, 5, 5]);
  assert.deepEqual([...given.topic.bytes], [97]);
});

Deno.test("retained records: a message that is kept holds on to no block", () => {
  const records = new RetainedRecords();
  const node = new RetainedNode("", null);
  records.hold(node, message(5));
  const kept = (records.read(node) as Message).compact();
  assert.equal(kept.topic.bytes.buffer.byteLength, 1);
  assert.equal(kept.bytes.buffer.byteLength, 5);
});

Deno.test("retained records: a short payload with a long topic shares no bytes", () => {
  const records = new RetainedRecords();
  const node = new RetainedNode("", null);
  const name = "a".repeat(2000);
  const given = new Message(
    new Topic(name, new TextEncoder().encode(name)),
    new Uint8Array(100).fill(7),
    10,
    20,
  );
  given.transient = true;
  records.hold(node, given);
  const held = records.read(node) as Message;
  assert.equal(held.bytes.buffer.byteLength, 10);
  assert.deepEqual([...held.bytes], new Array(10).fill(7));
});
