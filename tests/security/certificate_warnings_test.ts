import assert from "node:assert/strict";
import { Alarms } from "../../src/broker/alarms.ts";
import type { BrokerLog } from "../../src/broker/broker_log.ts";
import { CertificateExpiry } from "../../src/broker/certificates/certificate_expiry.ts";
import { RefusalLog } from "../../src/broker/certificates/refusal_log.ts";
import { ManualClock } from "../../src/clock/mod.ts";
import { Router } from "../../src/router/mod.ts";
import type { ReadCertificate } from "../../src/security/certificates/mod.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A log that keeps what it was told, and of alarms that they are over. */
function keptLog(): { log: BrokerLog; told: string[] } {
  const told: string[] = [];
  const log: BrokerLog = {
    connected() {},
    closed() {},
    failed() {},
    trouble: (what, error) => told.push(`${what}: ${error.message}`),
    recovered: (what) => told.push(`${what} is over`),
    notice() {},
  };
  return { log, told };
}

Deno.test("the end of a certificate is warned of 30, 7 and 1 days before, once each", () => {
  const clock = new ManualClock();
  const { log, told } = keptLog();
  const alarms = new Alarms(new Router(), log, clock);
  const one = {
    ...{ what: "one", listener: "tls" },
    notAfter: clock.now() + 40 * DAY,
  };
  const other = { ...one, what: "other", notAfter: clock.now() + 400 * DAY };
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
  assert.deepEqual([...expiry.days], [["tls", -2]]);
  all = [other];
  expiry.look();
  assert.deepEqual(told, ["certificates is over"]);
  assert.deepEqual([...expiry.days], [["tls", 358]]);
});

function certificate(fingerprint: string): ReadCertificate {
  return {
    ...{ fingerprint, subject: `CN=${"x".repeat(500)}`, commonName: "x" },
    ...{ dnsNames: [], emails: [], addresses: [], issuer: "CN=y", serial: "1" },
    ...{ notBefore: 0, notAfter: 1, purposes: null, maySignLists: false },
    ...{ subjectKey: "", issuerKey: "" },
  };
}

Deno.test("strangers do not fill the log: each once, 20 a minute, then a number", () => {
  const clock = new ManualClock();
  const { log, told } = keptLog();
  const refusals = new RefusalLog(clock, log);
  const come = (count: number) => {
    for (let index = 0; index < count; index++) {
      const stranger = certificate(`f${index}`);
      refusals.refused("tls", "192.0.2.1", "unknown", stranger);
      refusals.refused("tls", "192.0.2.1", "unknown", stranger);
    }
  };
  come(3);
  assert.equal(told.length, 3, "each once");
  assert.match(told[0], /"dunlin cert authorize f0" lets it in$/);
  assert.ok(told[0].length < 400, "a long subject is cut");
  come(23);
  assert.equal(told.length, 20);
  clock.advance(60_000);
  assert.equal(told.length, 21);
  assert.match(told[20], /^certificates: 6 more were refused/);
  come(1);
  assert.equal(told.length, 22, "the next minute is a new one");
  refusals.stop();
});
