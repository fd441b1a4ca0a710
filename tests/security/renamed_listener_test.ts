import assert from "node:assert/strict";
import { Broker, type Listen, type TlsPorts } from "../../src/broker/mod.ts";
import { completeSettings } from "../../src/config/mod.ts";
import { opensslProgram, testWith } from "../e2e/programs.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { until } from "../support/wait.ts";
import { SERVER, Workshop } from "../support/workshop.ts";

testWith(
  [opensslProgram],
  "a handshake during a reload that renames its listener gets the certificate in use",
  async () => {
    await using workshop = await Workshop.open();
    const made = await workshop.selfSigned("server", { extensions: SERVER });
    const other = await workshop.selfSigned("other", { extensions: SERVER });
    const opened: TlsPorts[] = [];
    const { promise: second, resolve: openSecond } = Promise.withResolvers<
      void
    >();
    const listen: Listen = async (settings, { tlsPorts }) => {
      opened.push(await tlsPorts(settings));
      if (opened.length > 1) await second;
      const { promise, resolve } = Promise.withResolvers<void>();
      return {
        address: { hostname: "127.0.0.1", port: settings.port },
        serve: () => promise,
        close: resolve,
      };
    };
    const tls = { type: "tls", allow_anonymous: true } as const;
    const settings = (name: string, { cert, key }: typeof made, more = false) =>
      completeSettings({
        storage: { mode: "memory" },
        authority: { path: workshop.path("authority") },
        listener: [
          { ...tls, name, port: 1, cert, key },
          ...more ? [{ ...tls, name: "second", port: 2, cert, key }] : [],
        ],
      });
    const broker = new Broker(settings("first", made), {
      clock: new ManualClock(Date.now()),
      listen,
    });
    await broker.start();
    const shown = () => opened.map(({ keys }) => keys.choose(null).cert);
    const [before] = shown();
    const reloaded = broker.reload(settings("renamed", other, true));
    await until(
      "the second listener is being opened",
      () => opened.length === 2,
    );
    const [during, early] = shown();
    assert.equal(during, before);
    assert.notEqual(early, before);
    openSecond();
    await reloaded;
    assert.deepEqual(shown(), [early, early]);
    await broker.stop(0);
  },
);
