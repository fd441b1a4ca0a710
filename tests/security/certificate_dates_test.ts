import assert from "node:assert/strict";
import { Certificates } from "../../src/broker/certificates/certificates.ts";
import { Alarms } from "../../src/broker/status/alarms.ts";
import { silentLog } from "../../src/broker/status/broker_log.ts";
import { completeSettings } from "../../src/config/mod.ts";
import { Router } from "../../src/router/mod.ts";
import { opensslProgram, testWith } from "../e2e/programs.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { until } from "../support/wait.ts";
import { SERVER, Workshop } from "../support/workshop.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

testWith(
  [opensslProgram],
  "dates of certificates: a look that fails ends neither itself nor the looks that follow",
  async () => {
    await using workshop = await Workshop.open();
    const authority = await workshop.authority("ca");
    const { cert, key } = await authority.issue("server", {
      extensions: SERVER,
      to: 90,
    });
    const crl = workshop.path("ca.crl");
    await authority.list(crl, 20);
    const one = { type: "tls", port: 0, cert, key } as const;
    const trusting = { ca: [authority.files.cert], crl: [crl] };
    const settings = completeSettings({
      authority: { path: workshop.path("authority") },
      listener: ["a", "b"].map((name) => ({
        ...{
          ...one,
          ...trusting,
          name,
          client_certificates: "required" as const,
        },
      })),
    });
    const clock = new ManualClock(Date.now());
    const told: string[] = [];
    let faults = 1;
    const log = {
      ...silentLog,
      trouble: (where: string, { message }: Error) => {
        if (where === "listener a" && faults-- > 0) throw new Error("fault");
        told.push(
          `${where}: ${message.replace(/.*(the certificate|list)/, "")}`,
        );
      },
    };
    const alarms = new Alarms(new Router(), log, clock);
    const ports = { clock, log, alarms, environment: {} };
    const certificates = await Certificates.load(settings, ports);
    await certificates.begin();
    const isTold = (what: string) => told.some((one) => one.startsWith(what));
    clock.advance(21 * DAY);
    await until(
      "the fault and the other listener",
      () => isTold("certificates: fault") && isTold("listener b:"),
    );
    clock.advance(HOUR);
    await until("the first listener", () => isTold("listener a:"));
    // What comes behind it in the same look has its turn, too.
    assert.ok(!told.some((one) => /ends within/.test(one)));
    clock.advance(45 * DAY);
    await until("the alarm", () => told.some((one) => /ends within/.test(one)));
    await certificates.stop();
  },
);
