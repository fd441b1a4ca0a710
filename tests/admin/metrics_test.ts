import assert from "node:assert/strict";
import {
  families,
  formatOf,
  mosquittoFamilies,
} from "../../src/admin/metrics/mod.ts";
import { addFamily } from "../../src/admin/metrics/metrics_text.ts";
import type { StatusFigures } from "../../src/admin/protocol/mod.ts";
import {
  CLOSE_REASONS,
  DROP_REASONS,
  PAUSE_REASONS,
} from "../../src/session/mod.ts";
import { parse as parseYaml } from "yaml";
import { type AdminBroker, adminTest } from "./admin_broker.ts";
import { type ParsedFamily, parseMetrics } from "./metrics_text.ts";

const OPEN = "application/openmetrics-text;version=1.0.0";

/** Reads `/metrics` as of now, without a login. */
async function scrape(
  broker: AdminBroker,
  accept = "text/plain",
): Promise<Map<string, ParsedFamily>> {
  await broker.test.advance(1000);
  const { status, text, headers } = await broker.anyone.send("metrics", {
    headers: { accept },
  });
  assert.equal(status, 200, text);
  const isOpen = accept === OPEN;
  const type = isOpen ? /^application\/openmetrics-text; version=1/ : /^text/;
  assert.match(headers.get("content-type") ?? "", type);
  return parseMetrics(text, isOpen);
}

function valueOf(all: Map<string, ParsedFamily>, key: string): number {
  const name = key.replace(/\{.*/, "").replace(/_(bucket|sum|count)$/, "");
  const value = all.get(name)?.samples.get(key);
  assert.ok(value !== undefined, `there is no ${key}`);
  return value;
}

for (const accept of ["text/plain", OPEN]) {
  adminTest(
    `metrics: ${accept} is well formed, and has the figures of known traffic`,
    async (broker) => {
      const { test } = broker;
      const client = await test.connect(5, "c");
      await client.subscribe([["t", 0]]);
      for (let id = 1; id <= 3; id++) {
        await client.publish({ topic: "t", payload: "12345" });
        await client.receivePublish();
      }
      await client.publish({ topic: "kept", payload: "1", retain: true });
      const all = await scrape(broker, accept);
      const expected = {
        mqtt_clients_connected: 1,
        mqtt_sessions: 1,
        mqtt_subscriptions: 1,
        mqtt_messages_received_total: 4,
        mqtt_messages_sent_total: 3,
        mqtt_payload_received_bytes_total: 16,
        mqtt_retained_messages: 1,
        mqtt_storage_retained_bytes: 5,
        mqtt_connects_accepted_total: 1,
        'mqtt_messages_dropped_total{reason="expired"}': 0,
        'mqtt_listener_connections{listener="test"}': 1,
        mqtt_running: 1,
        mqtt_alarms: 0,
      };
      const actual = Object.keys(expected).map((
        key,
      ) => [key, valueOf(all, key)]);
      assert.deepEqual(Object.fromEntries(actual), expected);
      assert.ok(valueOf(all, "mqtt_turn_duration_seconds_count") > 0);
      assert.ok(valueOf(all, "mqtt_delivery_duration_seconds_count") >= 3);
      assert.ok(valueOf(all, "process_resident_memory_bytes") > 1e6);
      const isOpen = accept === OPEN;
      const { type } = all.get("mqtt_messages_received_total")!;
      assert.equal(type, isOpen ? null : "counter");
      for (
        const [name, reasons] of [
          ["mqtt_messages_dropped_total", DROP_REASONS],
          ["mqtt_connections_closed_total", CLOSE_REASONS],
          ["mqtt_reading_paused_total", PAUSE_REASONS],
        ] as const
      ) assert.equal(all.get(name)!.samples.size, reasons.length);
    },
  );
}

adminTest(
  "metrics: the names of Mosquitto's exporter, where the settings say so",
  async (broker) => {
    await broker.test.connect(5, "c");
    const all = await scrape(broker);
    for (
      const name of [
        ...["bytes_received", "bytes_sent", "messages_received"],
        ...["messages_sent", "publish_messages_received", "clients_connected"],
        ...["publish_messages_sent", "publish_messages_dropped"],
        ...["clients_disconnected", "clients_maximum", "clients_total"],
        ...["clients_expired", "messages_stored", "store_messages_count"],
        ...["store_messages_bytes", "subscriptions_count"],
        ...["retained_messages_count", "publish_bytes_received", "uptime"],
        ...["publish_bytes_sent", "load_messages_received_1min"],
        ...["load_connections_15min", "heap_current", "heap_maximum"],
      ]
    ) assert.ok(all.has(`broker_${name}`), name);
    assert.equal(valueOf(all, "broker_clients_connected"), 1);
    assert.equal(all.has("mqtt_running"), false);
    parseMetrics((await broker.anyone.send("metrics")).text, false);
  },
  { admin: { metric_names: "mosquitto" } },
);

adminTest(
  "metrics: a program of this machine needs no login, a proxy's clients do",
  async (broker) => {
    await broker.test.advance(1000);
    const ask = (headers: Record<string, string> = {}) =>
      broker.anyone.status("metrics", { headers });
    assert.equal(await ask(), 200);
    assert.equal(await ask({ "x-forwarded-for": "192.0.2.7" }), 401);
    assert.equal(await ask({ forwarded: "for=192.0.2.7" }), 401);
    assert.equal(await broker.anyone.status("metrics/x"), 404);
    assert.equal(
      await broker.anyone.status("metrics", { method: "POST" }),
      405,
    );
  },
);

adminTest(
  "metrics: with credentials alone a token reads them",
  async (broker) => {
    await broker.test.advance(1000);
    assert.equal(await broker.anyone.status("metrics"), 401);
    const viewer = await broker.program("viewer");
    assert.equal(await viewer.status("metrics"), 200);
  },
  { admin: { metrics: "credentials" } },
);

Deno.test("metrics: the format is what the reader accepts", () => {
  assert.equal(formatOf(null), "classic");
  assert.equal(formatOf("*/*"), "classic");
  assert.equal(formatOf(OPEN), "openmetrics");
  // Prometheus 2.42: it takes both.
  assert.equal(
    formatOf(`${OPEN},${OPEN};q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1`),
    "classic",
  );
  assert.equal(formatOf(`text/plain;q=0, ${OPEN}`), "openmetrics");
});

/** Figures in which each part has values. */
const FIGURES = {
  loads: { "messages/received": [0, 0, 0] },
} as unknown as StatusFigures;

/** Returns the names of samples that the metrics can have. */
function knownNames(): Set<string> {
  const names = new Set<string>();
  for (const { name, type } of [...families, ...mosquittoFamilies(FIGURES)]) {
    if (type === "counter") names.add(`${name}_total`);
    else if (type !== "histogram") names.add(name);
    else {for (const end of ["bucket", "sum", "count"]) {
        names.add(`${name}_${end}`);
      }}
  }
  return names;
}

function namesIn(expression: string): string[] {
  return expression.match(/\b(?:mqtt|process|broker)_[a-z_]+\b/g) ?? [];
}

const MONITORING = new URL("../../packaging/monitoring/", import.meta.url);

Deno.test("metrics: each name in the dashboard for Grafana exists", async () => {
  const text = await Deno.readTextFile(new URL("grafana.json", MONITORING));
  const dashboard = JSON.parse(text);
  const known = knownNames();
  let count = 0;
  const ids = new Set<number>();
  for (const panel of dashboard.panels) {
    assert.ok(!ids.has(panel.id), `two panels ${panel.id}`);
    ids.add(panel.id);
    for (const { expr } of panel.targets ?? []) {
      for (const name of namesIn(expr)) {
        count++;
        assert.ok(known.has(name), `${panel.title}: there is no ${name}`);
      }
    }
  }
  assert.ok(count > 20, `${count} names`);
});

Deno.test("metrics: each name in the alert rules exists, and each rule says what to do", async () => {
  const text = await Deno.readTextFile(new URL("alerts.yaml", MONITORING));
  const known = knownNames();
  let count = 0;
  for (const { rules } of parseYaml(text).groups) {
    for (const { alert, expr, annotations } of rules) {
      count++;
      assert.ok(annotations.summary && annotations.description, alert);
      const names = namesIn(expr);
      assert.ok(names.length > 0 || expr.startsWith("up"), alert);
      for (const name of names) {
        assert.ok(known.has(name), `${alert}: there is no ${name}`);
      }
    }
  }
  assert.ok(count >= 10);
});

Deno.test("metrics: a listener's name cannot break the text", () => {
  const listener = 'a"b\\c\nd';
  const figures = { listeners: [{ name: listener, isWaiting: false }] };
  const family = families.find((one) => one.name === "mqtt_listener_open")!;
  const lines: string[] = [];
  addFamily(lines, family, figures as unknown as StatusFigures, false);
  assert.equal(lines[2], 'mqtt_listener_open{listener="a\\"b\\\\c\\nd"} 1');
});
