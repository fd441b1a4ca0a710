import assert from "node:assert/strict";
import { SystemClock } from "../../../src/clock/mod.ts";
import {
  Hashing,
  parseHash,
  type PasswordHash,
  TooBusyError,
} from "../../../src/security/passwords/mod.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { within } from "../../support/wait.ts";

const HASH = parseHash(
  "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
);
const right = new TextEncoder().encode("password");
const wrong = new TextEncoder().encode("passwort");

Deno.test("hashing: each gets its own answer, however many threads there are", async () => {
  for (const threads of [1, 3]) {
    const hashing = new Hashing(new ManualClock(), { threads });
    try {
      const all = Array.from(
        { length: 30 },
        (_, index) => hashing.check(HASH, index % 3 === 0 ? right : wrong),
      );
      const answers = await within("30 answers", Promise.all(all));
      answers.forEach((is, index) => assert.equal(is, index % 3 === 0));
    } finally {
      hashing.close();
    }
  }
});

Deno.test("hashing: the password is taken as it is when it is asked about", async () => {
  const hashing = new Hashing(new ManualClock(), { threads: 1 });
  try {
    const chunk = right.slice();
    const first = hashing.check(HASH, chunk);
    const second = hashing.check(HASH, chunk);
    chunk.fill(0);
    assert.ok(await within("an answer", first));
    assert.ok(await within("an answer", second));
  } finally {
    hashing.close();
  }
});

Deno.test("hashing: more than may wait are refused at once, the others are not", async () => {
  const hashing = new Hashing(new ManualClock(), { threads: 1, waiting: 2 });
  try {
    // One is under way, two wait.
    const taken = [1, 2, 3].map(() => hashing.check(HASH, right));
    await assert.rejects(hashing.check(HASH, right), TooBusyError);
    assert.deepEqual(await within("answers", Promise.all(taken)), [
      true,
      true,
      true,
    ]);
    assert.ok(await within("an answer", hashing.check(HASH, right)));
  } finally {
    hashing.close();
  }
});

Deno.test("hashing: who waits when it ends is told, and so is who comes later", async () => {
  const hashing = new Hashing(new ManualClock(), { threads: 1 });
  const under = hashing.check(HASH, right);
  const waits = hashing.check(HASH, right);
  hashing.close();
  await assert.rejects(under, TooBusyError);
  await assert.rejects(waits, TooBusyError);
  await assert.rejects(hashing.check(HASH, right), TooBusyError);
});

Deno.test("hashing: a hash that cannot be made is told, and the next one works", async () => {
  const hashing = new Hashing(new SystemClock(), { threads: 1 });
  try {
    // No file can say this: it is what a fault of the library looks like.
    const impossible = { ...HASH, lanes: 0 } as PasswordHash;
    await assert.rejects(
      within("an answer", hashing.check(impossible, right)),
      (error) => !(error instanceof TooBusyError),
    );
    assert.ok(await within("an answer", hashing.check(HASH, right)));
  } finally {
    hashing.close();
  }
});

Deno.test("hashing: after a minute without work the threads end; a new one begins", async () => {
  const clock = new ManualClock();
  const hashing = new Hashing(clock, { threads: 1 });
  try {
    assert.ok(await within("an answer", hashing.check(HASH, right)));
    assert.equal(hashing.threads, 1);
    clock.advance(59_999);
    assert.equal(hashing.threads, 1);
    clock.advance(1);
    assert.equal(hashing.threads, 0);
    assert.ok(await within("an answer", hashing.check(HASH, right)));
    assert.equal(hashing.threads, 1);
  } finally {
    hashing.close();
  }
});
