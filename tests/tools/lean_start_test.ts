import assert from "node:assert/strict";
import { loadedBy } from "../support/loaded_modules.ts";

Deno.test("lean start: without a file it loads no package, no TLS, no store, no users and no rules", async () => {
  const root = new URL("../../", import.meta.url);
  const loaded = await loadedBy(new URL("src/cli/serve/serve.ts", root));
  assert.ok(loaded.has(new URL("src/broker/broker.ts", root).href));
  // Each of them costs more than a tenth of the time that a start takes.
  const heavy = [...loaded].filter((specifier) =>
    /^npm:|^node:(?!path$|buffer$)|\/src\/store\/|\/security\/\w+\/(?!.*rights)/
      .test(specifier)
  );
  assert.deepEqual(heavy, []);
  // Nothing is measured, and no event is published, unless it is asked for.
  const asked = [...loaded].filter((one) =>
    /client_events\.ts|figures\/(recorder|history|measured)/.test(one)
  );
  assert.deepEqual(asked, []);
  // Only a service manager needs it.
  const managed = [...loaded].filter((one) =>
    /service_manager|notify_/.test(one)
  );
  assert.deepEqual(managed, []);
  // Only settings with an admin page need it.
  const admin = [...loaded].filter((one) => /\/admin\//.test(one));
  assert.deepEqual(admin, []);
  // Only a log in a file, and readers of the log, need these.
  const logging = [...loaded].filter((one) => /log_file|log_tail/.test(one));
  assert.deepEqual(logging, []);
});

Deno.test("lean start: the store and the control socket load nothing of Node's that takes megabytes", async () => {
  const root = new URL("../../", import.meta.url);
  for (const path of ["store/mod.ts", "broker/control/control.ts"]) {
    const loaded = await loadedBy(new URL(`src/${path}`, root));
    assert.ok(loaded.size > 10, path);
    const heavy = [...loaded].filter((specifier) =>
      /^npm:|^node:(?!path$|buffer$)/.test(specifier)
    );
    assert.deepEqual(heavy, [], path);
  }
});
