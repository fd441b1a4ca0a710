import assert from "node:assert/strict";
import { Broker } from "../../src/broker/mod.ts";
import { check } from "../../src/cli/check.ts";
import { SystemClock } from "../../src/clock/mod.ts";
import { loadSettings } from "../../src/config/mod.ts";

const CONFIG = `
sys = { interval = 0 }
[[listener]]
port = 0
allow_anonymous = true
[[auth]]
type = "users"
[[user]]
name = "ann"
password = "first"
`;

Deno.test({
  name: "check --diff: what a file would change for the broker that runs",
  ignore: Deno.build.os === "windows",
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "dunlin-diff-" });
    const storage = `storage = { path = ${JSON.stringify(folder)} }\n`;
    const file = `${folder}/new.toml`;
    const lines = async (text: string, json = false) => {
      await Deno.writeTextFile(file, storage + text);
      let [out, err] = ["", ""];
      const code = await check({ config: file, diff: true, json }, {}, {
        out: (chunk) => out += chunk,
        err: (chunk) => err += chunk,
      });
      return { code, out, err };
    };
    const settings = await loadSettings({
      file: { name: "used.toml", text: storage + CONFIG },
    });
    const broker = new Broker(settings, { clock: new SystemClock() });
    await broker.start();
    try {
      const same = await lines(CONFIG);
      assert.deepEqual(same, {
        code: 0,
        out: "nothing would change\n",
        err: "",
      });
      const other = CONFIG.replace('"first"', '"second"') +
        "[limits]\nmax_inflight = 7\n";
      const { out } = await lines(other);
      assert.deepEqual(out.trimEnd().split("\n"), [
        "~ user ann.password: another one",
        "~ limits.max_inflight: 1000 -> 7",
      ]);
      const told = await lines(other, true);
      assert.equal(JSON.parse(told.out).changes.length, 2);
      assert.doesNotMatch(told.out, /first|second/);
      // What is in force counts, not what it was started with.
      const limits = { ...settings.limits, max_inflight: 7 };
      await broker.reload({ ...settings, limits });
      assert.equal(
        (await lines(other)).out,
        "~ user ann.password: another one\n",
      );
    } finally {
      await broker.stop(0);
    }
    const nobody = await lines(CONFIG);
    assert.equal(nobody.code, 1);
    assert.match(nobody.err, /no broker runs on this store/);
    const told = JSON.parse((await lines(CONFIG, true)).out);
    assert.deepEqual([told.ok, told.problems[0].source], [false, "--diff"]);
    await Deno.remove(folder, { recursive: true });
  },
});
