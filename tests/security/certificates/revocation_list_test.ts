import assert from "node:assert/strict";
import { newKeys } from "../../../src/security/authority/keys/key_type.ts";
import { loadX509 } from "../../../src/security/authority/keys/x509.ts";
import {
  readRevocationList,
  RevocationFault,
} from "../../../src/security/certificates/revocation/revocation_list.ts";

const x509 = await loadX509();

/** A list with an extension, whose value is the integer 1. */
async function listWith(oid: string, isCritical: boolean): Promise<Uint8Array> {
  const { privateKey } = await newKeys("p256");
  const list = await x509.X509CrlGenerator.create({
    issuer: "CN=ca",
    thisUpdate: new Date(0),
    nextUpdate: new Date(86_400_000),
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
    signingKey: privateKey,
    extensions: [
      new x509.Extension(oid, isCritical, Uint8Array.of(0x02, 0x01, 0x01)),
    ],
  });
  return new Uint8Array(list.rawData);
}

Deno.test("a revocation list with a critical extension is refused, unless it is a known one", async () => {
  // The number of the list, and the mark of a list of changes.
  for (const [oid, isKnown] of [["2.5.29.20", true], ["2.5.29.27", false]]) {
    for (const isCritical of [false, true]) {
      const der = await listWith(String(oid), isCritical);
      const read = () => readRevocationList(der);
      if (isKnown || !isCritical) assert.equal(read().entries.length, 0);
      else assert.throws(read, RevocationFault);
    }
  }
});
