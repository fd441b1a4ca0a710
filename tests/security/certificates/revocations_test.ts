import assert from "node:assert/strict";
import {
  loadAuthorities,
  loadRevocations,
  readCertificate,
  Revocations,
} from "../../../src/security/certificates/mod.ts";
import { opensslProgram, testWith } from "../../e2e/programs.ts";
import { CLIENT, derOf, openssl, Workshop } from "../../support/workshop.ts";

const DAY = 86_400_000;

testWith(
  [opensslProgram],
  "a revocation list counts for its issuer's certificates, until it is stale",
  async () => {
    await using workshop = await Workshop.open();
    const ca = await workshop.authority("ca");
    const middle = await workshop.authority("middle", ca);
    const good = await ca.issue("good", { extensions: CLIENT });
    const bad = await ca.issue("bad", { extensions: CLIENT });
    const below = await middle.issue("below", { extensions: CLIENT });
    const path = workshop.path("crl");
    await ca.revoke(bad);
    await ca.list(path, 10);
    const authorities = await loadAuthorities([ca.files.cert]);
    const der = workshop.path("crl.der");
    await openssl(["crl", "-in", path, "-outform", "DER", "-out", der]);
    const read = async (file: string) => readCertificate(await derOf(file));
    const chain = [await read(below.cert), await read(middle.files.cert)];
    for (const file of [path, der]) {
      const lists = await loadRevocations(file, authorities);
      const revocations = new Revocations(lists);
      const now = Date.now();
      const status = (one: typeof chain, at = now) =>
        revocations.statusOf(one, at);
      assert.equal(status([await read(good.cert)]), "good");
      assert.equal(status([await read(bad.cert)]), "revoked");
      assert.equal(status(chain), "missing", "its issuer has no list");
      assert.equal(status([chain[0]], now + 11 * DAY), "missing");
      assert.equal(status([await read(good.cert)], now - 3 * DAY), "stale");
      assert.equal(status(chain, now + 11 * DAY), "stale");
      assert.equal(status([await read(bad.cert)], now + 11 * DAY), "revoked");
    }
    await ca.revoke(middle.files);
    await ca.list(path, 10);
    const after = new Revocations(await loadRevocations(path, authorities));
    assert.equal(
      after.statusOf(chain, Date.now()),
      "revoked",
      "by what issued it",
    );
  },
);

testWith(
  [opensslProgram],
  "a revocation list that nobody trusted has signed is refused",
  async () => {
    await using workshop = await Workshop.open();
    const ca = await workshop.authority("ca");
    const authorities = await loadAuthorities([ca.files.cert]);
    const path = workshop.path("crl");
    const refused = (wrong: RegExp, believed = authorities) =>
      assert.rejects(loadRevocations(path, believed), (error: Error) => {
        assert.equal(error.name, "CertificateError");
        assert.ok(error.message.startsWith(path), error.message);
        assert.match(error.message, wrong);
        return true;
      });
    await refused(/does not exist/);
    await Deno.writeTextFile(path, "words");
    await refused(/holds no revocation list: give PEM with BEGIN X509 CRL/);
    await ca.list(path);
    await loadRevocations(path, authorities);
    const text = await Deno.readTextFile(path);
    const bytes = await derOf(path);
    bytes[bytes.length - 5] ^= 1;
    await Deno.writeFile(path, bytes);
    await refused(/is not signed by CN=ca, the issuer that it names/);
    await Deno.writeFile(path, bytes.slice(0, 100));
    await refused(/is a damaged revocation list: fetch it again/);
    await Deno.writeTextFile(path, text);
    await Deno.truncate(path, 25 * 1024 * 1024);
    await refused(/is too large: 26214400 bytes, at most 24 MiB/);
    await Deno.writeTextFile(path, text);
    await refused(
      /not an authority in ca: put its certificate there/,
      [],
    );
    // Another authority of the same name has another key.
    const twin = await workshop.selfSigned("twin", { subject: "/CN=ca" });
    await refused(/is not signed by/, await loadAuthorities([twin.cert]));
  },
);

testWith(
  [opensslProgram],
  "a long revocation list is read in turns with others",
  async () => {
    await using workshop = await Workshop.open();
    const ca = await workshop.authority("ca");
    const revoked = Array.from(
      { length: 10_000 },
      (_, index) => `5${index.toString(16).toUpperCase().padStart(15, "0")}`,
    );
    const lines = revoked.map((serial) =>
      `R\t301231235959Z\t251231235959Z\t${serial}\tunknown\t/CN=x`
    );
    await Deno.writeTextFile(
      workshop.path("ca.index"),
      `${lines.join("\n")}\n`,
    );
    const path = workshop.path("crl");
    await ca.list(path);
    const authorities = await loadAuthorities([ca.files.cert]);
    const { setImmediate } = globalThis;
    let turns = 0;
    globalThis.setImmediate = ((task: () => void) => {
      turns++;
      return setImmediate(task);
    }) as typeof setImmediate;
    const lists = await loadRevocations(path, authorities)
      .finally(() => globalThis.setImmediate = setImmediate);
    const [list] = lists;
    assert.equal(list.serials.size, 10_000);
    assert.ok(list.serials.has(revoked[9_999].toLowerCase()));
    assert.equal(turns, 5);
  },
);
