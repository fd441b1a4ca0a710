import assert from "node:assert/strict";
import { silentLog } from "../../src/broker/status/broker_log.ts";
import { AccessControl } from "../../src/broker/access/access.ts";
import { type AuthSettings, completeSettings } from "../../src/config/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";

Deno.test({
  name:
    "a password file that everybody can read is told of once, until it was right",
  ignore: Deno.build.os === "windows",
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "dunlin-access-" });
    const file = `${folder}/passwd`;
    const told: string[] = [];
    const control = new AccessControl({
      clock: new ManualClock(),
      log: {
        ...silentLog,
        trouble: (where) => told.push(where),
      },
    });
    try {
      await Deno.writeTextFile(file, "");
      const auth: Partial<AuthSettings>[] = [{ type: "password-file", file }];
      const settings = completeSettings({ auth });
      // How often it is told in all, after each time it is read.
      const counts: number[] = [];
      for (const mode of [0o644, 0o644, 0o600, 0o604]) {
        await Deno.chmod(file, mode);
        (await control.open(settings)).close();
        counts.push(told.length);
      }
      assert.deepEqual(counts, [1, 1, 1, 2]);
      assert.equal(told[0], `password-file ${file}`);
    } finally {
      control.stop();
      await Deno.remove(folder, { recursive: true });
    }
  },
});
