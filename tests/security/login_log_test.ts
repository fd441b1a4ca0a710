import assert from "node:assert/strict";
import { silentLog } from "../../src/broker/broker_log.ts";
import { LoginLog } from "../../src/broker/access/login_log.ts";
import { ManualClock } from "../../src/clock/mod.ts";
import { credentials } from "../support/credentials.ts";

/** What is told of names, client id and user. */
const cases: readonly (readonly [string, string | null, string])[] = [
  ["pump-7", "ann@example.org", "client pump-7, user ann@example.org"],
  ["größe/1", null, "client größe/1, no user"],
  ["c", "bob: no such user", 'client c, user "bob: no such user"'],
  ["c, user eve", "", 'client "c, user eve", user ""'],
  ["a\nb", "x".repeat(101), `client "a\\nb", user ${"x".repeat(100)}…`],
];
for (const [clientId, username, told] of cases) {
  Deno.test(`refused logins: ${told.slice(0, 60)}`, () => {
    const texts: string[] = [];
    const log = new LoginLog(new ManualClock(), {
      ...silentLog,
      notice: (_, text) => texts.push(text),
    });
    const who = credentials(username, "x", { clientId });
    log.denied(who, "wrong password");
    // The same is told once.
    log.denied(who, "wrong password");
    log.stop();
    assert.deepEqual(texts, [`refused 192.0.2.1: ${told}: wrong password`]);
  });
}
