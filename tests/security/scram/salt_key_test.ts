import assert from "node:assert/strict";
import { AccessControl } from "../../../src/broker/access/access.ts";
import { silentLog } from "../../../src/broker/status/broker_log.ts";
import { completeSettings } from "../../../src/config/mod.ts";
import { credentialsOf } from "../../support/credentials_of.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { ScramClient } from "../../support/scram_client.ts";

const SETTINGS = completeSettings({
  auth: [{ type: "scram" }, { type: "scram", listener: ["mqtt"] }],
  user: [{ name: "ann", password: "S3CRET" }],
});

/** What one process after the other shows of a name that no user has. */
async function shown(folder: string | null): Promise<string> {
  const log = silentLog;
  const control = new AccessControl({ clock: new ManualClock(), log, folder });
  try {
    const state = await control.open(SETTINGS);
    control.enforce(state);
    const exchange = state.authenticator.begin(
      "SCRAM-SHA-256",
      credentialsOf(),
    )!;
    const answer = await exchange.step(new ScramClient("eve", "").first());
    assert.equal(answer.kind, "continue");
    return new TextDecoder().decode(answer.data).replace(/^r=[^,]+,/, "");
  } finally {
    control.stop();
  }
}

async function inFolder(body: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-salts-" });
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("scram: the key of made-up salts is random, kept in the store's folder, and for this user alone", async () => {
  await inFolder(async (folder) => {
    const [one, two] = [`${folder}/one`, `${folder}/two/deep`];
    const first = await shown(one);
    assert.equal(await shown(one), first, "after a restart");
    assert.notEqual(await shown(two), first, "another broker, the same users");
    const file = `${one}/scram-salts.key`;
    const { mode, size } = await Deno.stat(file);
    assert.equal(size, 32);
    if (Deno.build.os !== "windows") assert.equal(mode! & 0o777, 0o600);
    assert.deepEqual(
      [...Deno.readDirSync(one)].map(({ name }) => name),
      ["scram-salts.key"],
    );
  });
});

Deno.test("scram: without a store the key lasts as long as the process, and no file is written", async () => {
  assert.equal(await shown(null), await shown(null));
});

Deno.test("scram: a damaged key is told with what to do", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/scram-salts.key`, "short");
    await assert.rejects(
      shown(folder),
      /type "scram": .*scram-salts\.key has 5 bytes, expected 32: delete it/,
    );
  });
});
