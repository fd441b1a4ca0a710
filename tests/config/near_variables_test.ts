import assert from "node:assert/strict";
import {
  describeProblem,
  loadSettings,
  SettingsError,
} from "../../src/config/mod.ts";

/** What is said of one variable, beside a file with this text. */
async function faultsOf(
  name: string,
  value = "1",
  text?: string,
): Promise<string[]> {
  try {
    await loadSettings({
      environment: { [name]: value },
      file: text === undefined ? undefined : { name: "d.toml", text },
    });
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return error.problems.map(describeProblem);
  }
  return [];
}

const near: readonly [name: string, meant: string][] = [
  ["DUNLIN_LIMITS_MAX_INFLIGHT", "DUNLIN_LIMITS__MAX_INFLIGHT"],
  ["DUNLIN_LIMITS_MAX_INFLITE", "DUNLIN_LIMITS__MAX_INFLIGHT"],
  ["DUNLIN_LOG_LEVEL", "DUNLIN_LOG__LEVEL"],
  ["DUNLIN_STORAGEPATH", "DUNLIN_STORAGE__PATH"],
  ["DUNLIN_LISTENER_PORT", "DUNLIN_LISTENER__0__PORT"],
  ["DUNLIN_LISTENER_2_PORT", "DUNLIN_LISTENER__2__PORT"],
  ["DUNLIN_MAX_INFLIGHT", "DUNLIN_LIMITS__MAX_INFLIGHT"],
  ["DUNLIN_STORAGE_RULE_1_FILTER", "DUNLIN_STORAGE__RULE__1__FILTER"],
  ["DUNLIN_CONFG", "DUNLIN_CONFIG"],
  ["DUNLIN_CONFIG_FILE", "DUNLIN_CONFIG"],
];

for (const [name, meant] of near) {
  Deno.test(`variables: ${name} is near ${meant}, and an error`, async () => {
    assert.deepEqual(await faultsOf(name), [
      `${name}: there is no such setting: did you mean ${meant}?`,
    ]);
  });
}

Deno.test("variables: a setting of several sections names them all", async () => {
  const [fault, ...more] = await faultsOf("DUNLIN_MAX_PACKET_SIZE");
  assert.match(fault, /mean DUNLIN_LIMITS__MAX_PACKET_SIZE or DUNLIN_LISTENER/);
  assert.deepEqual(more, []);
});

Deno.test("variables: a section alone is an error with an example", async () => {
  const [fault, ...more] = await faultsOf("DUNLIN_LIMITS", "{}");
  assert.match(
    fault,
    /^DUNLIN_LIMITS: .* a setting of that section, as DUNLIN_LIMITS__[A-Z_]+\?$/,
  );
  assert.deepEqual(more, []);
});

Deno.test("variables: DUNLIN_PORT is an error as a number, not as Kubernetes sets it", async () => {
  assert.match((await faultsOf("DUNLIN_PORT"))[0], /DUNLIN_LISTENER__0__PORT/);
  assert.deepEqual(await faultsOf("DUNLIN_PORT", "tcp://10.0.0.1:1883"), []);
});

Deno.test("variables: what a platform, an image or a script sets is left alone", async () => {
  const names = [
    "DUNLIN_CACHE",
    "DUNLIN_CONFIG",
    "DUNLIN_SERVICE_HOST",
    "DUNLIN_SERVICE_PORT",
    "DUNLIN_SERVICE_PORT_MQTT",
    "DUNLIN_PORT_1883_TCP",
    "DUNLIN_PORT_1883_TCP_ADDR",
    "DUNLIN_PORT_1883_TCP_PORT",
    "DUNLIN_VERSION",
    "DUNLIN_HOME",
    "DUNLIN_FUZZ_SEED",
    "LOG_LEVEL",
  ];
  for (const name of names) assert.deepEqual(await faultsOf(name), [], name);
});

Deno.test("variables: one that the file refers to is the file's", async () => {
  const text = '[log]\nlevel = "${DUNLIN_LOG_LEVEL:-info}"';
  assert.deepEqual(await faultsOf("DUNLIN_LOG_LEVEL", "warn", text), []);
});
