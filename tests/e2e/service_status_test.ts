import assert from "node:assert/strict";
import { service } from "../../src/cli/service/service.ts";
import { BrokerProcess } from "../support/process.ts";

Deno.test("service: status asks the broker of the unit on its control socket", async () => {
  const root = await Deno.makeTempDir({ prefix: "dunlin-test-" });
  {
    const state = `${root}/var/lib/dunlin`;
    const units = `${root}/etc/systemd/system`;
    for (const folder of [state, units]) {
      await Deno.mkdir(folder, { recursive: true });
    }
    await Deno.writeTextFile(
      `${units}/dunlin.service`,
      "[Service]\nExecStart=/opt/dunlin serve\n",
    );
    const ask = async () => {
      let out = "";
      const code = await service("status", { system: true }, {
        ...{ system: "linux", uid: 0, environment: {}, root },
        program: { command: ["/opt/dunlin"], environment: {}, folder: null },
      }, { out: (text) => void (out += text), err: () => {} });
      return { code, out };
    };
    const before = await ask();
    assert.equal(before.code, 1);
    assert.match(before.out, /^answers {4}no: .*no broker runs/m);
    await using _broker = await BrokerProcess.start({
      env: { STATE_DIRECTORY: state, DUNLIN_STORAGE__MODE: "buffered" },
    });
    const during = await ask();
    assert.equal(during.code, 0, during.out);
    assert.match(during.out, /^answers {4}yes$/m);
  }
  await Deno.remove(root, { recursive: true });
});
