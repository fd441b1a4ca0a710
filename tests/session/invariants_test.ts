import assert from "node:assert/strict";
import { Admission } from "../../src/broker/listeners/admission.ts";
import { completeSettings } from "../../src/config/mod.ts";
import {
  broken,
  codeOf,
  type Invariant,
  InvariantError,
  outliveBroken,
} from "../../src/errors/mod.ts";
import { encodeUtf8, Message, Topic } from "../../src/mqtt/mod.ts";
import { type Delivery, Readiness, Router } from "../../src/router/mod.ts";
import { RetainedRecords } from "../../src/router/retained/retained_records.ts";
import { Context } from "../../src/session/core/context.ts";
import { Counters } from "../../src/session/core/counters.ts";
import { Outgoing } from "../../src/session/core/outgoing.ts";
import { Turn } from "../../src/session/core/turn.ts";
import { Outbox } from "../../src/session/output/outbox.ts";
import { Backlog } from "../../src/session/session/backlog.ts";
import { InflightWindow } from "../../src/session/session/inflight_window.ts";
import { Category, Ledger } from "../../src/store/log/ledger.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { SYS_INTERVAL, sysFigures } from "../limits/sys_figures.ts";
import { conformance } from "../support/test_broker.ts";
import { microtasks, ScriptedStream } from "./scripted_stream.ts";

function messageOf(length = 4): Message {
  const topic = new Topic("t", encodeUtf8("t"));
  return new Message(topic, new Uint8Array(length), 0, length);
}

const receiver = {
  ...{ clientId: "a", subscriptions: 0, slot: null },
  readiness: () => Readiness.Free,
  deliver: () => {},
  receivable: () => 0 as const,
};
const options = {
  ...{ qos: 1 as const, noLocal: false, retainAsPublished: false },
  ...{ retainHandling: 0 as const, identifier: 0 },
};

function entryOf(message = messageOf()): Outgoing {
  const delivery = { subscriber: receiver } as unknown as Delivery;
  return new Outgoing(message, 1, false, delivery);
}

function outbox() {
  const counters = new Counters();
  const stream = new ScriptedStream();
  const errors: unknown[] = [];
  const box = new Outbox(stream, new Turn(new ManualClock()), counters, {
    ...{ drained() {}, broken() {} },
    crashed: (error: unknown) => errors.push(error),
  });
  return { box, stream, counters, errors };
}

/** A context, as far as messages are held in one. */
function holder(): Context {
  const context = Object.create(Context.prototype);
  return Object.assign(context, {
    ...{ counters: new Counters(), router: new Router() },
  });
}

/** What breaks each counter, and the one that finds it. */
const MISTAKES: readonly [Invariant, string, () => void][] = [
  ["message-holders", "a message is released twice", () => {
    const context = holder();
    const message = messageOf();
    context.hold(messageOf());
    context.hold(message);
    context.release(message);
    context.release(message);
  }],
  ["queued-bytes", "the bytes of all queues are too few", () => {
    const context = holder();
    const message = messageOf();
    context.hold(message);
    context.counters.queuedBytes--;
    context.release(message);
  }],
  ["heap-bytes", "the estimated heap is less than one message takes", () => {
    const context = holder();
    const message = messageOf();
    context.hold(message);
    context.router.heap.used--;
    context.release(message);
  }],
  ["queued-messages", "the number of queued messages is too low", () => {
    const counters = new Counters();
    const backlog = new Backlog(counters);
    backlog.push(entryOf());
    counters.queuedMessages--;
    backlog.shift();
  }],
  [
    "backlog-bytes",
    "a message has another size than when it was queued",
    () => {
      const backlog = new Backlog(new Counters());
      const message = messageOf();
      backlog.push(entryOf(message));
      message.payloadEnd++;
      backlog.shift();
    },
  ],
  ["inflight-messages", "an entry is removed twice", () => {
    const window = new InflightWindow();
    const entry = entryOf();
    window.add(entry);
    window.remove(entry);
    window.remove(entry);
  }],
  ["inflight-messages", "an entry counts that was not sent", () => {
    const window = new InflightWindow();
    const entry = entryOf();
    window.add(entry);
    window.resume();
    entry.sent = true;
    window.remove(entry);
  }],
  ["outbound-bytes", "all outboxes have fewer bytes than one", () => {
    const { box, counters } = outbox();
    box.append(new Uint8Array(3));
    counters.outboundBytes--;
    box.end();
  }],
  ["connections", "a connection leaves twice", () => {
    const { limits, listener } = completeSettings();
    const admission = new Admission(limits);
    const entry = admission.enter("192.0.2.1", listener[0])!;
    admission.leave(entry);
    admission.leave(entry);
  }],
  ["subscriptions", "a subscriber has fewer subscriptions than it ends", () => {
    const router = new Router();
    router.subscribe(receiver, "a", null, options);
    receiver.subscriptions--;
    router.unsubscribeAll(receiver);
  }],
  ["stored-bytes", "an entry of a block dies twice", () => {
    const ledger = new Ledger(0);
    ledger.wrote(0, Category.Entry, 10, 1);
    ledger.died(0, Category.Entry);
    ledger.died(0, Category.Entry);
  }],
  ["stored-bytes", "the messages of a store have fewer bytes than one", () => {
    const ledger = new Ledger(0);
    ledger.sealed(0, 100);
    ledger.bodies = -1;
    ledger.removeOldest();
  }],
];

for (const [which, mistake, make] of MISTAKES) {
  Deno.test(`invariants: ${mistake}: ${which} is broken, thrown in tests`, () => {
    assert.throws(
      make,
      (error: unknown) =>
        error instanceof InvariantError &&
        error.message.startsWith(`the counter ${which} is -1, `),
    );
  });
}

Deno.test("invariants: an outbox whose stream takes more bytes than it has ends its connection", async () => {
  const { box, stream, errors } = outbox();
  box.append(new Uint8Array(3));
  await microtasks();
  box.waiting = 2;
  await stream.take();
  assert.deepEqual(errors, [new InvariantError("outbox-bytes", -1)]);
});

Deno.test("invariants: a retained message that is removed with another size is found", () => {
  const router = new Router();
  const topic = router.topicOf("t");
  const publish = (length: number) => {
    const message = new Message(topic, new Uint8Array(length), 0, length);
    message.retain = true;
    router.publish(topic, message, null);
  };
  publish(10);
  const { sizeOf } = RetainedRecords.prototype;
  RetainedRecords.prototype.sizeOf = function (node) {
    return sizeOf.call(this, node) - 1;
  };
  try {
    assert.throws(() => publish(0), new InvariantError("retained-bytes", 1));
  } finally {
    RetainedRecords.prototype.sizeOf = sizeOf;
  }
});

conformance(
  "a broker that serves counts broken invariants under $SYS, logs each once a minute, and goes on",
  async (broker) => {
    outliveBroken(broker.broker.onBroken);
    try {
      for (let at = 1; at <= 100; at++) {
        assert.equal(broken("outbound-bytes", -at), 0);
        broken("queued-bytes", -1);
      }
      const logged = broker.failures.splice(0) as [null, Error, string][];
      assert.deepEqual(logged.map(([, { message }]) => message.slice(0, 40)), [
        "the counter outbound-bytes is -1, which ",
        "the counter queued-bytes is -1, which it",
      ]);
      assert.equal(codeOf(logged[0][1], "internal-error"), "invariant-broken");
      await broker.advance(60_000);
      broken("outbound-bytes", -1);
      assert.equal(broker.failures.splice(0).length, 1);
      const figures = await sysFigures(broker);
      assert.equal(figures.get("broken invariants/count"), "201");
    } finally {
      outliveBroken(null);
    }
  },
  { sys: { interval: SYS_INTERVAL } },
);
