import assert from "node:assert/strict";
import fc from "fast-check";
import { PacketIdsWorld } from "./packet_ids_world.ts";

const few = fc.integer({ min: 1, max: 30 });
const many = fc.oneof(few, fc.integer({ min: 500, max: 5000 }));

/** One thing that happens to a session. */
const events = fc.oneof(
  { arbitrary: fc.tuple(fc.constant("send"), many), weight: 5 },
  { arbitrary: fc.tuple(fc.constant("volatile"), few), weight: 2 },
  { arbitrary: fc.tuple(fc.constant("qos 1"), many), weight: 1 },
  { arbitrary: fc.tuple(fc.constant("receive"), few), weight: 2 },
  { arbitrary: fc.tuple(fc.constant("complete"), few), weight: 3 },
  { arbitrary: fc.tuple(fc.constant("later ones"), few), weight: 1 },
  { arbitrary: fc.tuple(fc.constant("flush"), few), weight: 5 },
  { arbitrary: fc.tuple(fc.constant("flush begins"), few), weight: 2 },
  { arbitrary: fc.tuple(fc.constant("crash"), few), weight: 3 },
  { arbitrary: fc.tuple(fc.constant("restart"), few), weight: 1 },
  { arbitrary: fc.tuple(fc.constant("resume"), few), weight: 2 },
  { arbitrary: fc.tuple(fc.constant("round"), many), weight: 1 },
);

Deno.test("whatever a crash makes us forget, no new message gets an id that the client holds", () => {
  fc.assert(
    fc.property(fc.array(events, { maxLength: 80 }), (history) => {
      const world = new PacketIdsWorld();
      let finish: (() => void) | null = null;
      for (const [event, count] of history) {
        if (event === "send") world.send(count);
        else if (event === "volatile") world.send(count, true);
        else if (event === "qos 1") world.sendQos1(count);
        else if (event === "receive") world.receive(count);
        else if (event === "complete") world.complete(count);
        else if (event === "resume") world.resume(count - 1);
        else if (event === "round") world.goRound(count);
        else if (event === "later ones") world.complete(count, count);
        else if (event === "crash" || event === "restart") {
          if (event === "crash") world.crash();
          else {
            finish?.();
            world.restart();
          }
          finish = null;
        } else {
          // One batch is written at a time.
          finish?.();
          finish = world.flush();
          if (event === "flush") {
            finish();
            finish = null;
          }
        }
      }
      // Whatever happened, new messages get ids again, and good ones.
      finish?.();
      sendAll(world, 100);
      world.goRound(2000);
      sendAll(world, 2000);
    }),
    { numRuns: 300 },
  );
});

/** Sends `count` messages, committing when one has to wait. */
function sendAll(world: PacketIdsWorld, count: number): void {
  const end = world.sent + count;
  for (let commits = 0; world.sent < end;) {
    const { sent } = world;
    world.send(end - sent);
    if (world.sent === end) break;
    world.flush()();
    // What was under way may end among barred ids: then one more is due.
    commits = world.sent > sent ? 1 : commits + 1;
    assert.ok(commits <= 2, "a message waits although all is written");
  }
  world.complete(1000);
}

Deno.test("ids forgotten in a crash are left out when all others have been used", () => {
  for (const volatile of [false, true]) {
    const world = new PacketIdsWorld();
    world.send(1);
    world.flush()();
    world.send(30, volatile);
    if (volatile) {
      // They are not stored, and neither is what was reserved for them.
      world.restart();
      assert.equal(world.barred, 30);
    } else {
      world.crash();
      assert.ok(world.barred >= 30 && world.barred <= 2048);
    }
    sendAll(world, 150_000);
  }
});

Deno.test("a stop bars nothing, and crashes without end leave ids to be used", () => {
  const world = new PacketIdsWorld();
  for (let restart = 0; restart < 50; restart++) {
    sendAll(world, 3000);
    world.restart();
    assert.equal(world.barred, 0);
  }
  for (let crash = 0; crash < 50; crash++) {
    sendAll(world, 300);
    world.flush()();
    world.crash();
    assert.ok(world.barred > 0 && world.barred <= 16_384);
  }
  sendAll(world, 70_000);
});

Deno.test("a client that is back frees all ids that crashes made unknown", () => {
  const world = new PacketIdsWorld();
  for (let crash = 0; crash < 30; crash++) {
    sendAll(world, 3000);
    world.send(20);
    world.crash();
    assert.ok(world.barred > 0);
    world.resume(1);
    assert.ok(world.barred > 0, "one is not answered");
    world.resume(0);
    assert.equal(world.barred, 0);
  }
});

Deno.test("a commit is waited for once in a thousand messages at most", () => {
  const world = new PacketIdsWorld();
  sendAll(world, 100_000);
  assert.ok(world.waits > 0, "nothing was reserved on disk first");
  assert.ok(world.waits <= 100, `${world.waits} waits`);
});
