import assert from "node:assert/strict";

/** What `deno info --json` tells of a module; the parts that are read here. */
interface ModuleInfo {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly code?: { readonly specifier?: string };
    readonly isDynamic?: boolean;
  }[];
}

/** All that `root` loads before its first line runs. */
async function loadedBy(root: URL): Promise<Set<string>> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", root.href],
  }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as {
    modules: ModuleInfo[];
  };
  const known = new Map(modules.map((one) => [one.specifier, one]));
  const loaded = new Set<string>();
  const waiting = [root.href];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (loaded.has(next)) continue;
    loaded.add(next);
    for (const one of known.get(next)?.dependencies ?? []) {
      const specifier = one.code?.specifier;
      if (specifier !== undefined && !one.isDynamic) waiting.push(specifier);
    }
  }
  return loaded;
}

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
