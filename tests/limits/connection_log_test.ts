import assert from "node:assert/strict";
import type { EventFields } from "../../src/broker/status/broker_log.ts";
import { silentLog } from "../../src/broker/status/broker_log.ts";
import { ConnectionLog } from "../../src/broker/listeners/connection_log.ts";
import type { ConnectionEnd, LoggedConnection } from "../../src/session/mod.ts";
import { type RefusalReason, RefusedError } from "../../src/transport/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";

/** A connection log, and the events that it wrote. */
function logged(isVerbose = true) {
  const clock = new ManualClock();
  const written: { level: string; event: string; fields: EventFields }[] = [];
  const log = new ConnectionLog({
    clock,
    log: {
      ...silentLog,
      logs: () => true,
      event: (level, event, fields) => written.push({ level, event, fields }),
    },
    listeners: () => [
      { name: "tcp", type: "tcp", bind: "::", port: 1883 },
      { name: "safe", type: "tls", bind: "::", port: 8883 },
    ],
  }, isVerbose);
  return { clock, written, log };
}

const connection: LoggedConnection = {
  ...{ id: 7, hostname: "192.0.2.1", port: 50_000, listener: { name: "tcp" } },
  ...{ clientId: "pump", username: "ann", version: 5, patience: 90_000 },
};

/** How a connection ends that was accepted, unless `said` says else. */
function ended(said: Partial<ConnectionEnd>): ConnectionEnd {
  const end = { reason: "client-disconnect", wasOpen: true } as const;
  return { ...end, reasonCode: null, limit: null, ...said };
}

Deno.test("connection log: a client that comes and goes is two lines with the same fields", () => {
  const { written, log } = logged();
  log.connected(connection, true);
  log.closed(connection, ended({}));
  const who = {
    connection: 7,
    from: "192.0.2.1:50000",
    listener: "tcp",
    client: "pump",
    user: "ann",
  };
  assert.deepEqual(written.map(({ level, event }) => [level, event]), [
    ["info", "connected"],
    ["info", "disconnected"],
  ]);
  assert.deepEqual(written[0].fields, {
    ...who,
    ...{ version: 5, keep_alive: 60, session: "resumed" },
  });
  const { code, reason_code, limit, ...rest } = written[1].fields;
  assert.deepEqual([code, reason_code, limit], Array(3).fill(undefined));
  assert.deepEqual(rest, {
    ...who,
    ...{ reason: "client-disconnect", text: "the client disconnected" },
  });
});

Deno.test("connection log: log.connections = false leaves what is ordinary to debug, not what went wrong", () => {
  const { written, log } = logged(false);
  log.connected(connection, false);
  log.closed(connection, ended({}));
  log.closed(connection, ended({ reason: "keep-alive", reasonCode: 0x8d }));
  assert.deepEqual(written.map(({ level }) => level), [
    "debug",
    "debug",
    "info",
  ]);
  const { code, reason_code } = written[2].fields;
  assert.deepEqual([code, reason_code], ["keep-alive", "0x8D"]);
});

Deno.test("connection log: names and texts from outside are cut", () => {
  const { written, log } = logged();
  const clientId = "x".repeat(60_000);
  const detail = "y".repeat(60_000);
  log.connected({ ...connection, clientId, username: clientId }, false);
  log.closed(connection, ended({ detail }));
  for (const { fields } of written) {
    for (const value of Object.values(fields)) {
      assert.ok(`${value}`.length < 600);
    }
  }
});

Deno.test("connection log: a thousand reconnects a second are a few lines and a count", () => {
  const { clock, written, log } = logged();
  for (let second = 0; second < 60; second++) {
    for (let at = 0; at < 1000; at++) {
      log.connected({ ...connection, clientId: `c${at}` }, false);
      log.closed({ ...connection, clientId: `c${at}` }, ended({}));
    }
    clock.advance(1000);
  }
  const counts = written.filter(({ event }) => event === "connections");
  assert.ok(written.length - counts.length <= 1000 + 60 * 20);
  log.stop();
  let all = written.filter(({ event }) => event === "connected").length;
  for (const { event, fields } of written) {
    if (event === "connections") all += Number(fields.connected);
  }
  assert.equal(all, 60_000, "none is left out of the count");
});

Deno.test("connection log: one client that fails hides no other, and is counted", () => {
  const { clock, written, log } = logged();
  const deny = (hostname: string, clientId: string, times: number) => {
    for (let at = 0; at < times; at++) {
      log.closed(
        { ...connection, hostname, clientId },
        ended({
          reason: "auth-failed",
          wasOpen: false,
          detail: "no such user",
        }),
      );
    }
  };
  deny("192.0.2.1", "loop", 1000);
  deny("192.0.2.1", "other", 1);
  deny("192.0.2.2", "far", 1);
  log.closed(connection, ended({ reason: "keep-alive" }));
  assert.deepEqual(written.map(({ fields }) => fields.client), [
    "loop",
    "other",
    "far",
    "pump",
  ]);
  assert.equal(written[0].fields.text, "not authorized: no such user");
  clock.advance(60_000);
  assert.deepEqual(written.slice(4), [{
    level: "info",
    event: "refused",
    fields: {
      from: "192.0.2.1",
      reason: "auth-failed",
      count: 999,
      text: "more from this address in the last minute",
    },
  }]);
});

Deno.test("connection log: the addresses of one IPv6 network have the lines of one", () => {
  const { written, log } = logged();
  for (let at = 1; at <= 1000; at++) {
    const hostname = `2001:db8::${at.toString(16)}`;
    const clientId = `c${at}`;
    const end = ended({ reason: "auth-failed", wasOpen: false });
    log.closed({ ...connection, hostname, clientId }, end);
  }
  const most = written.length;
  assert.ok(most > 0 && most < 30, `${most} lines`);
  const end = ended({ reason: "auth-failed", wasOpen: false });
  log.closed({ ...connection, hostname: "192.0.2.1", clientId: "far" }, end);
  assert.equal(written.length, most + 1, "no other address is hidden");
});

/** The text of a refusal before MQTT. */
function refused(error: Error, reason: RefusalReason): unknown {
  const { written, log } = logged();
  const peer = { hostname: "::1", port: 5 };
  log.refused(3, "tcp", { reason, error, peer });
  const [{ event, fields }] = written;
  assert.equal(event, "refused");
  assert.equal(fields.from, "[::1]:5");
  return fields.text;
}

Deno.test("connection log: what a peer speaks in the wrong place is told with the right one", () => {
  const text = (fault: RefusedError["fault"]) =>
    refused(
      new RefusedError("tls-handshake", "as TLS says", undefined, fault),
      "tls-handshake",
    );
  assert.equal(
    text("speaks-tls"),
    "the client speaks TLS, and this listener does not: TLS is on port 8883 " +
      "(listener safe)",
  );
  assert.match(`${text("speaks-http")}`, /add a listener of type websocket$/);
  assert.match(`${text("speaks-no-tls")}`, /without TLS is on port 1883/);
  assert.match(`${text("distrusts-authority")}`, /does not trust .*--cafile/);
  assert.equal(text(null), "as TLS says");
});

Deno.test("connection log: the code is the most exact word for the error: fault, else error, else reason", () => {
  const { written, log } = logged();
  const all: Partial<ConnectionEnd>[] = [
    { reason: "unknown-protocol", fault: "speaks-tls", code: "protocol-error" },
    { reason: "auth-failed", code: "bad-user-name-or-password" },
    { reason: "keep-alive" },
    { reason: "client-closed", wasOpen: false },
    { reason: "client-closed" },
  ];
  for (const end of all) log.closed(connection, ended(end));
  assert.deepEqual(written.map(({ fields }) => fields.code), [
    "speaks-tls",
    "bad-user-name-or-password",
    "keep-alive",
    "client-closed",
    undefined, // it left as clients do
  ]);
});

Deno.test("connection log: two clients of one id are told, with who took over", () => {
  const { written, log } = logged();
  log.closed(
    connection,
    ended({
      reason: "taken-over",
      reasonCode: 0x8e,
      detail: "connection 8 from 192.0.2.9",
    }),
  );
  assert.match(
    `${written[0].fields.text}`,
    /uses the same client id: connection 8 from 192\.0\.2\.9; give each client/,
  );
});
