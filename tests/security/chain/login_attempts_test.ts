import assert from "node:assert/strict";
import { ReasonCode } from "../../../src/mqtt/mod.ts";
import {
  LoginAttempts,
  type LoginLimits,
} from "../../../src/security/chain/mod.ts";
import type { AuthOutcome } from "../../../src/security/mod.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { turn } from "../../support/settle.ts";

const allowed: AuthOutcome = {
  kind: "allow",
  identity: { clientId: "c", username: "bob" },
};
const wrong: AuthOutcome = {
  kind: "deny",
  reasonCode: ReasonCode.BadUserNameOrPassword,
};

/** Attempts in a time of their own, and what became of each. */
class World {
  readonly clock = new ManualClock();
  readonly attempts: LoginAttempts;
  /** Logins that were judged. */
  judged = 0;

  constructor(limits: Partial<LoginLimits> = {}) {
    const usual = { delay: 1000, maxFailures: 10 };
    this.attempts = new LoginAttempts(this.clock, { ...usual, ...limits });
  }

  /** Tries; resolves to the reason code, 0 when it is let in. */
  async try(
    outcome: AuthOutcome | Promise<AuthOutcome>,
    user: string | null = "bob",
    address = "192.0.2.1",
  ): Promise<number> {
    const result = await this.attempts.judge(user, address, () => {
      this.judged++;
      return Promise.resolve(outcome);
    });
    return result.kind === "deny" ? result.reasonCode : 0;
  }

  /** Tries, and lets time pass until there is an answer. */
  async tryLate(...args: Parameters<World["try"]>): Promise<number> {
    const result = this.try(...args);
    await turn();
    this.clock.advance(1000);
    return await result;
  }
}

/** Whether it has not come to anything yet. */
async function isWaiting(promise: Promise<unknown>): Promise<boolean> {
  for (let at = 0; at < 5; at++) await turn();
  const nothing = Symbol();
  return await Promise.race([promise, nothing]) === nothing;
}

Deno.test("logins: after one that failed those of the user and of the address wait", async () => {
  const world = new World();
  assert.equal(await world.try(wrong), 0x86);
  const same = world.try(allowed);
  const user = world.try(allowed, "bob", "192.0.2.2");
  const address = world.try(allowed, "eve");
  const other = world.try(allowed, "eve", "192.0.2.2");
  assert.equal(await other, 0);
  world.clock.advance(999);
  for (const one of [same, user, address]) assert.ok(await isWaiting(one));
  world.clock.advance(1);
  assert.deepEqual(await Promise.all([same, user, address]), [0, 0, 0]);
  assert.deepEqual(world.attempts.counts, {
    failed: 1,
    delayed: 3,
    refused: 0,
  });
});

Deno.test("logins: who goes on failing does not hold up others for ever", async () => {
  const world = new World({ maxFailures: 0 });
  await world.try(wrong);
  const waits = world.try(allowed, "eve");
  world.clock.advance(500);
  const again = world.try(wrong);
  world.clock.advance(500);
  assert.equal(await waits, 0);
  await again;
});

Deno.test("logins: without a delay nobody waits", async () => {
  const world = new World({ delay: 0 });
  await world.try(wrong);
  assert.equal(await world.try(allowed), 0);
  assert.equal(world.attempts.counts.delayed, 0);
});

Deno.test("logins: after too many failures those of the user from there are refused unseen, for a minute", async () => {
  const world = new World({ maxFailures: 3 });
  for (let at = 0; at < 3; at++) assert.equal(await world.tryLate(wrong), 0x86);
  const { ConnectionRateExceeded } = ReasonCode;
  assert.equal(await world.tryLate(allowed), ConnectionRateExceeded);
  assert.equal(world.judged, 3);
  assert.equal(world.attempts.counts.refused, 1);
  // Nobody can shut anybody else out, nor from elsewhere.
  assert.equal(await world.tryLate(allowed, "bob", "192.0.2.2"), 0);
  assert.equal(await world.tryLate(allowed, "eve"), 0);
  world.clock.advance(60_000);
  assert.equal(await world.try(allowed), 0);
});

Deno.test("logins: one that is right ends the row of failures", async () => {
  const world = new World({ maxFailures: 3 });
  for (let round = 0; round < 3; round++) {
    assert.equal(await world.tryLate(wrong), 0x86);
    assert.equal(await world.tryLate(wrong), 0x86);
    assert.equal(await world.tryLate(allowed), 0);
  }
});

Deno.test("logins: as many at once as may fail, not more", async () => {
  const world = new World({ maxFailures: 3, delay: 0 });
  const gate = Promise.withResolvers<AuthOutcome>();
  const all = Array.from({ length: 8 }, () => world.try(gate.promise));
  for (const one of all) assert.ok(await isWaiting(one));
  assert.equal(world.judged, 3);
  gate.resolve(wrong);
  const codes = await Promise.all(all);
  assert.deepEqual(codes, [0x86, 0x86, 0x86, 0x9f, 0x9f, 0x9f, 0x9f, 0x9f]);
  assert.equal(world.judged, 3);
});

Deno.test("logins: a crowd of one user whose password is right comes in whole", async () => {
  const world = new World({ maxFailures: 3 });
  const all = Array.from({ length: 200 }, () => world.try(allowed));
  assert.ok((await Promise.all(all)).every((code) => code === 0));
  assert.equal(world.judged, 200);
});

Deno.test("logins: a server that does not answer is not the client's fault", async () => {
  const world = new World({ maxFailures: 1 });
  const busy = { kind: "deny", reasonCode: ReasonCode.ServerBusy } as const;
  for (let at = 0; at < 5; at++) assert.equal(await world.try(busy), 0x89);
  await assert.rejects(world.try(Promise.reject(new Error("broken"))));
  assert.equal(await world.try(allowed), 0);
  assert.equal(world.attempts.counts.failed, 0);
});

Deno.test("logins: an IPv6 network of 64 bits counts as one address", async () => {
  const world = new World({ maxFailures: 1, delay: 0 });
  assert.equal(await world.try(wrong, "bob", "2001:db8::1"), 0x86);
  assert.equal(await world.try(allowed, "bob", "2001:db8::ffff:1"), 0x9f);
  assert.equal(await world.try(allowed, "bob", "2001:db8:0:1::1"), 0);
  assert.equal(await world.try(wrong, "bob", "192.0.2.1"), 0x86);
  assert.equal(await world.try(allowed, "bob", "192.0.2.2"), 0);
});

Deno.test("logins: what is remembered of strangers is bounded", async () => {
  const world = new World({ delay: 0 });
  for (let at = 0; at < 25_000; at++) {
    await world.try(wrong, `${at}${"x".repeat(300)}`, `10.0.0.${at % 200}`);
  }
  assert.equal(world.attempts.counts.failed, 25_000);
  assert.ok(
    world.attempts.remembered <= 20_000,
    `${world.attempts.remembered}`,
  );
});

Deno.test("logins: limits that change hold at once", async () => {
  const world = new World({ maxFailures: 1, delay: 0 });
  await world.try(wrong);
  assert.equal(await world.try(allowed), 0x9f);
  world.attempts.limits = { delay: 0, maxFailures: 2 };
  assert.equal(await world.try(allowed), 0);
});

Deno.test("login attempts: a crowd under way forgets no login that begins, or its bound would not hold", async () => {
  const world = new World({ delay: 0, maxFailures: 1 });
  const { promise, resolve } = Promise.withResolvers<AuthOutcome>();
  const crowd: Promise<unknown>[] = [];
  for (let at = 0; at < 10_000; at++) {
    crowd.push(world.try(promise, `user ${at}`));
  }
  const first = world.try(promise, "ann");
  const second = world.try(promise, "ann");
  assert.equal(await isWaiting(second), true);
  assert.equal(world.judged, 10_001);
  resolve(wrong);
  await Promise.all(crowd);
  assert.equal(await first, wrong.reasonCode);
  assert.equal(await second, ReasonCode.ConnectionRateExceeded);
});
