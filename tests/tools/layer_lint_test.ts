import assert from "node:assert/strict";
import plugin, { faultOf } from "../../tools/layer_lint.ts";

/** What the rule says of each import in `source`, in a file of that path. */
function faults(path: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, path, source)
    .map((diagnostic) => diagnostic.message);
}

Deno.test("layers: a folder imports from one below it, through mod.ts", () => {
  const source = `
    import { Topic } from "../mqtt/mod.ts";
    import { encode } from "./encode.ts";
    import type { Clock } from "../clock/mod.ts";
    import { z } from "zod";
    export * from "./decode.ts";
  `;
  assert.deepEqual(faults("/house/src/codec/mod.ts", source), []);
});

Deno.test("layers: a part of a folder may have a mod.ts of its own", () => {
  const door = "../security/certificates/mod.ts";
  assert.equal(faultOf("/house/src/broker/a.ts", door), undefined);
  assert.match(
    faultOf("/house/src/codec/a.ts", door) ?? "",
    /does not stand above security/,
  );
});

const upward: readonly [form: string, source: string][] = [
  ["import", `import { Broker } from "../broker/mod.ts";`],
  ["import of a type", `import type { Broker } from "../broker/mod.ts";`],
  ["export from", `export { Broker } from "../broker/mod.ts";`],
  ["export all", `export * from "../broker/mod.ts";`],
  ["dynamic import", `const broker = await import("../broker/mod.ts");`],
  ["type import", `export type B = import("../broker/mod.ts").Broker;`],
];
for (const [form, source] of upward) {
  Deno.test(`layers: ${form} of a folder above is refused`, () => {
    const [message, ...others] = faults("/house/src/codec/frame.ts", source);
    assert.match(message, /^codec\/ does not stand above broker\//);
    assert.deepEqual(others, []);
  });
}

Deno.test("layers: going past mod.ts is refused", () => {
  assert.match(
    faultOf("/house/src/codec/a.ts", "../mqtt/topic.ts") ?? "",
    /import from mqtt\/mod\.ts/,
  );
  assert.match(
    faultOf("/house/src/codec/deep/a.ts", "../../mqtt/mod.d.ts") ?? "",
    /import from mqtt\/mod\.ts/,
  );
});

Deno.test("layers: a room imports from those before it, what is beside mod.ts from all", () => {
  const from = (file: string, specifier: string) =>
    faultOf(`/house/src/config/${file}`, specifier);
  assert.equal(from("read/load.ts", "./complete.ts"), undefined);
  assert.equal(from("read/load.ts", "../text/units.ts"), undefined);
  assert.equal(from("mod.ts", "./change/difference.ts"), undefined);
  assert.match(
    from("text/units.ts", "../read/load.ts") ?? "",
    /config\/text\/ may import from text, not read/,
  );
  assert.match(from("show/print.ts", "../mod.ts") ?? "", /not mod\.ts/);
  assert.match(
    from("attic/a.ts", "../text/units.ts") ?? "",
    /say in tools\/layer_lint\.ts where attic\/ stands/,
  );
});

Deno.test("layers: a folder within a folder has rooms, too", () => {
  const from = (file: string, specifier: string) =>
    faultOf(`/house/src/security/${file}`, specifier);
  assert.equal(
    from("authority/root/establish.ts", "../keys/x509.ts"),
    undefined,
  );
  assert.equal(from("authority/mod.ts", "./root/authority.ts"), undefined);
  assert.equal(from("jwt/a.ts", "../certificates/mod.ts"), undefined);
  assert.match(
    from("authority/keys/x509.ts", "../root/establish.ts") ?? "",
    /security\/authority\/keys\/ may import from keys, not root/,
  );
});

Deno.test("layers: src imports nothing from tests, tools or another house", () => {
  for (const target of ["../../tests/support/x.ts", "../../deno.json"]) {
    assert.match(
      faultOf("/house/src/codec/a.ts", target) ?? "",
      /nothing from outside/,
    );
  }
});

Deno.test("layers: a folder nobody has placed yet may import no other", () => {
  assert.match(
    faultOf("/house/src/new/a.ts", "../mqtt/mod.ts") ?? "",
    /say in tools\/layer_lint\.ts/,
  );
});

Deno.test("layers: main.ts calls the command line and nothing else", () => {
  assert.equal(faultOf("/house/main.ts", "./src/cli/mod.ts"), undefined);
  assert.match(faultOf("/house/main.ts", "./src/broker/mod.ts") ?? "", /main/);
  assert.match(faultOf("/house/main.ts", "./src/cli/run.ts") ?? "", /main/);
});

Deno.test("layers: tests look into every file", () => {
  assert.equal(
    faultOf("/house/tests/a_test.ts", "../src/mqtt/topic.ts"),
    undefined,
  );
});

Deno.test("layers: a house below a folder called src is judged by its own", () => {
  assert.equal(
    faultOf("/home/src/dunlin/src/codec/a.ts", "../mqtt/mod.ts"),
    undefined,
  );
});
