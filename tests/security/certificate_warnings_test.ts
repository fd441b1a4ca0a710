import assert from "node:assert/strict";
import { Alarms } from "../../src/broker/status/alarms.ts";
import {
  type BrokerLog,
  silentLog,
} from "../../src/broker/status/broker_log.ts";
import { CertificateExpiry } from "../../src/broker/certificates/certificate_expiry.ts";
import { refusalWords } from "../../src/broker/certificates/refusal_words.ts";
import { Router } from "../../src/router/mod.ts";
import type { ReadCertificate } from "../../src/security/certificates/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A log that keeps what it was told, and of alarms that they are over. */
function keptLog(): { log: BrokerLog; told: string[] } {
  const told: string[] = [];
  const log: BrokerLog = {
    ...silentLog,
    failed() {},
    trouble: (what, error) => told.push(`${what}: ${error.message}`),
    recovered: (what) => told.push(`${what} is over`),
  };
  return { log, told };
}

Deno.test("the end of a certificate is warned of 30, 7 and 1 days before, once each", () => {
  const clock = new ManualClock();
  const { log, told } = keptLog();
  const alarms = new Alarms(new Router(), log, clock);
  const one = {
    ...{ what: "one", listener: "tls", notBefore: 0 },
    notAfter: clock.date() + 40 * DAY,
  };
  const other = { ...one, what: "other", notAfter: clock.date() + 400 * DAY };
  let all = [one, other];
  const expiry = new CertificateExpiry(() => all, clock, alarms);
  const days: [number, string][] = [];
  for (let hour = 0; hour < 42 * 24; hour++) {
    expiry.look();
    const text = told.pop();
    if (text !== undefined) days.push([Math.floor(hour / 24), text]);
    clock.advance(HOUR);
  }
  assert.deepEqual(days.map(([day]) => day), [10, 33, 39, 40]);
  const texts = days.map(([, text]) => text);
  assert.match(texts[0], /^certificates: one ends within 30 days, on \d{4}-/);
  assert.match(texts[1], /one ends within 7 days, on /);
  assert.match(texts[2], /one ends within 1 day, on /);
  assert.match(texts[3], /one ended on .*: renew it$/);
  const left = () => expiry.figures.map((one) => [one.listener, one.days]);
  assert.deepEqual(left(), [["tls", -2]]);
  all = [other];
  expiry.look();
  assert.deepEqual(told, ["certificates is over"]);
  assert.deepEqual(left(), [["tls", 358]]);
});

Deno.test("a certificate that begins after the machine's date is warned of, once, until the date is right", () => {
  const clock = new ManualClock(Date.UTC(2026, 5, 1));
  const { log, told } = keptLog();
  const alarms = new Alarms(new Router(), log, clock);
  const one = {
    ...{ what: "one", listener: "tls" },
    ...{ notBefore: clock.date() - HOUR, notAfter: clock.date() + 90 * DAY },
  };
  const expiry = new CertificateExpiry(() => [one], clock, alarms);
  clock.step(-2 * DAY);
  expiry.look();
  clock.advance(HOUR);
  expiry.look();
  assert.equal(told.length, 1);
  assert.match(
    told[0],
    /^certificates: one begins on 2026-05-31T23:00Z, later .*: set its date, /,
  );
  clock.step(2 * DAY);
  expiry.look();
  assert.equal(told.pop(), "certificates is over");
  // A machine without a date has to wait for one.
  clock.step(-clock.date());
  expiry.look();
  assert.equal(told.length, 1);
});

function certificate(fingerprint: string): ReadCertificate {
  return {
    ...{ fingerprint, subject: `CN=${"x".repeat(500)}`, commonName: "x" },
    ...{ dnsNames: [], emails: [], addresses: [], issuer: "CN=y", serial: "1" },
    ...{ notBefore: 0, notAfter: 1, purposes: null, maySignLists: false },
    ...{ subjectKey: "", issuerKey: "" },
  };
}

Deno.test("a refused certificate is told by its fingerprint, with what an operator can do", () => {
  const unknown = refusalWords("unknown", certificate("f0"), null);
  assert.match(unknown, /^certificate CN=x+ \(f0\): it is not on the list: /);
  assert.match(unknown, /"dunlin cert authorize f0" authorizes it$/);
  assert.ok(unknown.length < 400, "a long subject is cut");
  assert.match(
    refusalWords("untrusted", certificate("f0"), "DEPTH_ZERO"),
    /no authority of this listener \(ca\) issued it; .* \(DEPTH_ZERO\)$/,
  );
  assert.match(
    refusalWords("missing", null, null),
    /^the client shows no certificate/,
  );
});
