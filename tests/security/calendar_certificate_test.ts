import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { connect } from "node:tls";
import { Broker } from "../../src/broker/mod.ts";
import { completeSettings } from "../../src/config/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { until, within } from "../support/wait.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** What a board without a battery may believe at its start. */
const WRONG: Readonly<Record<string, number>> = {
  "1970": 12 * HOUR,
  "the day of its last shutdown": Date.now() - 500 * DAY,
  "a day years ahead": Date.now() + 4000 * DAY,
};

/** Returns the certificate shown at `port`, once the authority vouches for it. */
function shownAt(port: number, ca: string): Promise<X509Certificate> {
  return within(
    "the handshake",
    new Promise((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port, ca }, () => {
        const { raw } = socket.getPeerCertificate();
        socket.destroy();
        resolve(new X509Certificate(raw));
      });
      socket.on("error", reject);
    }),
  );
}

function livesFromToday(certificate: X509Certificate): boolean {
  const begin = certificate.validFromDate.getTime();
  const days = (certificate.validToDate.getTime() - begin) / DAY;
  return Math.abs(Date.now() - begin) < DAY && days < 91;
}

/** A broker with an automatic certificate in `folder`. */
async function start(folder: string, clock: ManualClock) {
  const settings = completeSettings({
    listener: [{ type: "tls", port: 0 }],
    authority: { path: `${folder}/authority` },
    storage: { mode: "memory" },
  });
  const broker = new Broker(settings, { clock });
  const [{ port }] = await broker.start();
  const ca = await Deno.readTextFile(`${folder}/authority/ca.crt`);
  return { broker, port, ca };
}

for (const [name, date] of Object.entries(WRONG)) {
  Deno.test(`calendar: a certificate made in ${name} is replaced when the calendar is set, while listeners stay`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "dunlin-" });
    try {
      const clock = new ManualClock(date);
      const { broker, port, ca } = await start(folder, clock);
      clock.step(Date.now() - date);
      // Within ten seconds the broker looks at the calendar.
      clock.advance(10_000);
      await until("another certificate at the same port", async () => {
        return await shownAt(port, ca).then(livesFromToday, () => false);
      });
      assert.equal(broker.listeners[0].port, port);
      // Clients that trust the authority already go on trusting it.
      const file = `${folder}/authority/ca.crt`;
      assert.equal(await Deno.readTextFile(file), ca);
      await broker.stop(1000);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });

  Deno.test(`calendar: a certificate made in ${name} is replaced by the next start with a right calendar`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "dunlin-" });
    try {
      const first = await start(folder, new ManualClock(date));
      await first.broker.stop(1000);
      const { broker, port, ca } = await start(
        folder,
        new ManualClock(Date.now()),
      );
      assert.equal(ca, first.ca);
      assert.ok(livesFromToday(await shownAt(port, ca)));
      await broker.stop(1000);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
