import assert from "node:assert/strict";
import { Backlog } from "../../src/session/session/backlog.ts";
import { Context } from "../../src/session/core/context.ts";
import { Session } from "../../src/session/session/session.ts";
import type { StorageMode } from "../../src/store/mod.ts";
import {
  patched,
  withChanges,
  withFlushInterval,
  withStore,
  type Wrap,
} from "./mutants.ts";
import { simulate } from "./simulate.ts";

/** A mutant is found by one of so many histories. */
const SEEDS = 80;

/** Simulates until a fault is like `fault`; fails when none is. */
async function expectFault(
  mode: StorageMode,
  fault: RegExp,
  opener?: Wrap,
): Promise<void> {
  const others = new Set<string>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { faults } = await simulate({ seed, mode, steps: 200, opener });
    if (faults.some((one) => fault.test(one))) return;
    for (const one of faults) others.add(one);
  }
  assert.fail(`nobody noticed; other faults: ${[...others].join("; ")}`);
}

/** Declares a test: a broker that is wrong in this way is found out. */
function finds(
  what: string,
  mode: StorageMode,
  fault: RegExp,
  opener?: Wrap,
): void {
  Deno.test(`simulation finds ${what} (${mode})`, () =>
    expectFault(mode, fault, opener));
}

/** The same, of a method that is `method` meanwhile. */
function findsMethod(
  what: string,
  mode: StorageMode,
  fault: RegExp,
  ...[prototype, name, method]: [
    object,
    string,
    // deno-lint-ignore no-explicit-any
    (original: any) => (this: any, ...all: any[]) => unknown,
  ]
): void {
  Deno.test(`simulation finds ${what} (${mode})`, () =>
    patched(prototype, name, method, () => expectFault(mode, fault)));
}

const nothing = () => {};

for (const mode of ["durable", "fault-tolerant"] as const) {
  finds(
    "acknowledgements before the commit",
    mode,
    /is lost|arrives twice/,
    withStore((store) => ({
      onCommitted: (_batch: number, task: () => void) => task(),
      get committed() {
        return store.batch;
      },
    })),
  );
}

finds(
  "messages that are not stored",
  "durable",
  /\(t\/.*is lost/,
  withChanges(() => ({ queued: nothing })),
);

finds(
  "acknowledgements that are not stored",
  "durable",
  /copies come again|arrives twice/,
  withChanges(() => ({ done: nothing })),
);

finds(
  "packet ids that are not stored",
  "durable",
  /it holds for|arrives twice/,
  withChanges(() => ({ changed: nothing })),
);

finds(
  "received ids that are not stored",
  "durable",
  /arrives twice/,
  withChanges(() => ({ received: nothing })),
);

finds(
  "subscriptions that are not stored",
  "durable",
  /is lost/,
  withChanges(() => ({ subscribed: nothing })),
);

finds(
  "retained messages that are not stored",
  "durable",
  /^retained on/,
  withChanges(() => ({ retained: nothing })),
);

finds(
  "sessions that are over and stay stored",
  "durable",
  /a session that was over is back/,
  withChanges(() => ({ sessionEnded: nothing })),
);

finds(
  "sessions that are not stored",
  "buffered",
  /its session is lost/,
  withChanges(() => ({ sessionChanged: nothing })),
);

finds(
  "a window ten times as long",
  "buffered",
  /is lost|its session is lost|^retained on/,
  withFlushInterval(2000),
);

findsMethod(
  "a PUBREL that the store does not hear of",
  "durable",
  /is lost/,
  Session.prototype,
  "releaseReceived",
  () =>
    function (packetId) {
      return this.received.delete(packetId);
    },
);

findsMethod(
  "messages that are kept for ever",
  "memory",
  /the figure queued_bytes is/,
  Context.prototype,
  "release",
  () => nothing,
);

findsMethod(
  "messages out of order",
  "memory",
  /arrives behind/,
  Backlog.prototype,
  "push",
  (push) =>
    function (entry) {
      // What comes goes before the last that waits.
      const waiting = [];
      while (this.size > 0) waiting.push(this.shift());
      const last = waiting.pop();
      for (const one of waiting) push.call(this, one);
      push.call(this, entry);
      if (last !== undefined) push.call(this, last);
    },
);

findsMethod(
  "an error inside",
  "memory",
  /the broker failed/,
  Session.prototype,
  "dropWill",
  () => () => {
    throw new Error("injected");
  },
);

findsMethod(
  "wills after a good-bye",
  "memory",
  /\(w\/w.*arrives/,
  Session.prototype,
  "dropWill",
  () =>
    function () {
      this.publishWill();
    },
);

findsMethod(
  "messages that stay behind",
  "memory",
  /is lost|is never acknowledged|the figure queued/,
  Backlog.prototype,
  "peek",
  (peek) =>
    function () {
      return this.size > 3
        ? { qos: 1, message: { expiresAt: 0 } }
        : peek.call(this);
    },
);
