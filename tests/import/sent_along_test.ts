import assert from "node:assert/strict";
import { importConfig } from "../../src/import/mod.ts";
import { SERVER, Workshop } from "../support/workshop.ts";

// OpenSSL completes the chain that Mosquitto sends from cafile. Dunlin sends what
// is in the certificate's own file, so an import has to tell what goes missing.

Deno.test("import: a certificate that Mosquitto sent along from cafile is told of", async () => {
  await using shop = await Workshop.open();
  const root = await shop.authority("root");
  const middle = await shop.authority("middle", root);
  const leaf = await middle.issue("leaf", { extensions: SERVER });
  const join = async (name: string, ...paths: string[]) => {
    const texts = await Promise.all(
      paths.map((path) => Deno.readTextFile(path)),
    );
    await Deno.writeTextFile(shop.path(name), texts.join(""));
    return shop.path(name);
  };
  const both = await join("both.pem", middle.files.cert, root.files.cert);
  const whole = await join("whole.pem", leaf.cert, middle.files.cert);

  const lostOf = async (cert: string, ca: string, more = "") => {
    const path = shop.path("m.conf");
    await Deno.writeTextFile(
      path,
      `listener 8883\nallow_anonymous true\ncertfile ${cert}\n` +
        `keyfile ${leaf.key}\ncafile ${ca}\n${more}`,
    );
    const { lost } = await importConfig(path);
    return lost.map(({ text, why }) => `${text}: ${why}`);
  };
  for (const more of ["", "require_certificate true\n"]) {
    const told = await lostOf(leaf.cert, both, more);
    assert.equal(told.length, 1);
    assert.match(told[0], /^cafile .*append it to certfile/);
    assert.deepEqual(await lostOf(whole, both, more), []);
  }
  // Clients have the root themselves; what cannot be read is told at the start.
  assert.deepEqual(await lostOf(leaf.cert, root.files.cert), []);
  assert.deepEqual(await lostOf(whole, root.files.cert), []);
  assert.deepEqual(await lostOf(leaf.cert, shop.path("none")), []);
});

Deno.test("import: a revocation list of another authority lets nobody in, as in Mosquitto", async () => {
  await using shop = await Workshop.open();
  const [ca, other] = [await shop.authority("ca"), await shop.authority("b")];
  const leaf = await ca.issue("leaf", { extensions: SERVER });
  await ca.list(shop.path("own.crl"));
  await other.list(shop.path("other.crl"));
  const listenerOf = async (crl: string) => {
    const path = shop.path("m.conf");
    await Deno.writeTextFile(
      path,
      `listener 8883\nallow_anonymous true\ncertfile ${leaf.cert}\n` +
        `keyfile ${leaf.key}\ncafile ${ca.files.cert}\n` +
        `require_certificate true\ncrlfile ${shop.path(crl)}\n`,
    );
    const { lost, toml } = await importConfig(path);
    const [mode] = /client_certificates = "[a-z-]+"/.exec(toml)!;
    return [mode, toml.includes("\ncrl ="), lost.map(({ closes }) => closes)];
  };
  assert.deepEqual(
    await listenerOf("own.crl"),
    ['client_certificates = "required"', true, []],
  );
  assert.deepEqual(
    await listenerOf("other.crl"),
    ['client_certificates = "authorized"', false, [true]],
  );
  // Of a list that cannot be read the start tells.
  assert.deepEqual(
    await listenerOf("none.crl"),
    ['client_certificates = "required"', true, []],
  );
});
