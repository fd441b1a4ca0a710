import assert from "node:assert/strict";
import { changeList, ListError } from "../../src/security/authority/mod.ts";
import { CLIENT, SERVER, Workshop } from "../support/workshop.ts";
import { CertificateBroker } from "./certificate_broker.ts";
import { putOnList } from "./certificate_list.ts";
import { opensslEnters } from "./openssl_client.ts";
import { opensslProgram, testWith } from "./programs.ts";

testWith(
  [opensslProgram],
  "a list of certificates that is deleted stays in force, and an alarm says so",
  async () => {
    await using workshop = await Workshop.open();
    const ca = await workshop.authority("ca");
    const server = await ca.issue("server", { extensions: SERVER });
    const friend = await ca.issue("friend", { extensions: CLIENT });
    const thief = await ca.issue("thief", { extensions: CLIENT });
    await putOnList(workshop, thief, "revoked");
    const listener = {
      ...{ ...server, ca: [ca.files.cert] },
      client_certificates: "required",
    } as const;
    await using broker = await CertificateBroker.start(workshop, {
      tls: listener,
    });
    const enters = async () => {
      const port = broker.port("tls");
      const all: boolean[] = [];
      for (const { cert, key } of [friend, thief]) {
        all.push(await opensslEnters(port, ["-cert", cert, "-key", key]));
      }
      return all;
    };
    assert.deepEqual(await enters(), [true, false]);
    assert.match(await broker.told.next(), /it is revoked/);
    const path = workshop.path("authority/certificates.json");
    const copy = await Deno.readTextFile(path);
    await Deno.remove(path);
    await broker.reload();
    assert.match(
      await broker.told.next(),
      /^certificate-list: .*certificates\.json is missing, .* stay in force/,
    );
    assert.deepEqual(await enters(), [true, false]);
    // Neither a reload of other settings nor a command begins an empty one.
    const other = { ...listener, crl_expired: "refuse" } as const;
    await assert.rejects(broker.change({ tls: other }), /is missing/);
    await assert.rejects(changeList(path, () => {}), ListError);
    assert.deepEqual(await enters(), [true, false]);
    await Deno.writeTextFile(path, copy);
    await broker.reload();
    assert.equal(await broker.cleared.next(), "certificate-list");
    assert.deepEqual(await enters(), [true, false]);
  },
);
