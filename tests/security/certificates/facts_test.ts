import assert from "node:assert/strict";
import fc from "fast-check";
import {
  daysLeft,
  expiryStage,
  isForName,
  readCertificate,
  usernameFrom,
} from "../../../src/security/certificates/mod.ts";
import { DerError } from "../../../src/security/certificates/der/der.ts";
import {
  readRevocationList,
  serialsOf,
} from "../../../src/security/certificates/revocation/revocation_list.ts";
import { opensslProgram, testWith } from "../../e2e/programs.ts";
import { CLIENT, derOf, openssl, Workshop } from "../../support/workshop.ts";

testWith(
  [opensslProgram],
  "facts are what OpenSSL says of the certificate",
  async () => {
    await using workshop = await Workshop.open();
    const ca = await workshop.authority("ca");
    const { cert } = await ca.issue("pump", {
      subject: '/C=DE/O=Works, "Inc" /CN=pump\\+1',
      extensions: [
        "extendedKeyUsage=clientAuth,emailProtection",
        "subjectAltName=DNS:a.example,email:a@b.example,DNS:b.example,IP:10.0.0.1,IP:::1",
      ],
    });
    const facts = readCertificate(await derOf(cert));
    const ask = async (...args: string[]) =>
      (await openssl(["x509", "-in", cert, "-noout", ...args])).trim()
        .replace(/^[^=]*=/, "");
    const colons = await ask("-fingerprint", "-sha256");
    assert.equal(facts.fingerprint, colons.replaceAll(":", "").toLowerCase());
    const subject = await ask("-subject", "-nameopt", "RFC2253");
    assert.equal(facts.subject, subject);
    assert.equal(facts.issuer, await ask("-issuer", "-nameopt", "RFC2253"));
    assert.equal(
      BigInt(`0x${facts.serial}`),
      BigInt(`0x${await ask("-serial")}`),
    );
    assert.equal(facts.notAfter, Date.parse(await ask("-enddate")));
    assert.equal(facts.notBefore, Date.parse(await ask("-startdate")));
    assert.equal(facts.commonName, "pump+1");
    assert.deepEqual(facts.dnsNames, ["a.example", "b.example"]);
    assert.deepEqual(facts.emails, ["a@b.example"]);
    assert.deepEqual(facts.addresses, ["0a000001", "0".repeat(31) + "1"]);
    const sources = ["cn", "san-dns", "san-email", "fingerprint", "subject"];
    assert.deepEqual(
      sources.map((one) => usernameFrom(one as "cn", facts)),
      ["pump+1", "a.example", "a@b.example", facts.fingerprint, subject],
    );
  },
);

const person = {
  fingerprint: "f",
  subject: "",
  commonName: null,
  dnsNames: [],
  emails: [],
  issuer: "",
  serial: "1",
  notAfter: 0,
};

Deno.test("what could not be a user name gives none", () => {
  for (const source of ["cn", "san-dns", "san-email", "subject"] as const) {
    assert.equal(usernameFrom(source, person), null);
  }
  const of = (commonName: string) =>
    usernameFrom("cn", { ...person, commonName });
  for (
    const name of ["", "a\0b", "a\nb", "a\x7f", "a\x85", "x".repeat(65_536)]
  ) {
    assert.equal(of(name), null, JSON.stringify(name.slice(0, 9)));
  }
  assert.equal(of("Müller 漢 #+/"), "Müller 漢 #+/");
});

Deno.test("a name is matched as RFC 9525 says", () => {
  const of = (...dnsNames: string[]) => ({
    ...{ dnsNames, addresses: [], commonName: "common.example" },
  });
  assert.ok(isForName(of("A.example"), "a.example"));
  assert.ok(isForName(of("b", "*.example.org"), "a.example.org"));
  for (
    const name of ["example.org", "b.a.example.org", ".example.org", "org"]
  ) {
    assert.ok(!isForName(of("*.example.org"), name), name);
  }
  assert.ok(isForName(of(), "common.example"));
  assert.ok(!isForName(of("other"), "common.example"), "only without names");
});

Deno.test("the end of a certificate comes nearer in stages", () => {
  const DAY = 86_400_000;
  const end = 1e12;
  const stages = [31, 30, 8, 7, 2, 1, 0.5, 0, -1].map((days) =>
    expiryStage(end, end - days * DAY)
  );
  assert.deepEqual(stages, [
    ...["fine", "30 days", "30 days", "7 days", "7 days"],
    ...["1 day", "1 day", "expired", "expired"],
  ]);
  assert.equal(daysLeft(end, end - 1.5 * DAY), 1);
  assert.equal(daysLeft(end, end + 1), -1);
});

testWith(
  [opensslProgram],
  "damaged certificates and lists are refused, and nothing else happens",
  async () => {
    await using workshop = await Workshop.open();
    const ca = await workshop.authority("ca");
    const { cert } = await ca.issue("one", { extensions: CLIENT });
    const { cert: lost } = await ca.issue("lost");
    await ca.revoke({ cert: lost, key: "" });
    await ca.list(workshop.path("crl"));
    const readList = (der: Uint8Array) => [
      ...serialsOf(readRevocationList(der)),
    ];
    const kinds = [
      [await derOf(cert), readCertificate],
      [await derOf(workshop.path("crl")), readList],
    ] as const;
    for (const [der, read] of kinds) {
      read(der);
      const change = fc.record({
        at: fc.nat(der.length - 1),
        byte: fc.nat(255),
        length: fc.nat(der.length),
      });
      fc.assert(
        fc.property(fc.array(change, { maxLength: 4 }), (changes) => {
          let bytes = der.slice();
          for (const { at, byte, length } of changes) {
            bytes[at % bytes.length] = byte;
            if (length % 4 === 0 && length > 0) bytes = bytes.slice(0, length);
          }
          try {
            read(bytes);
          } catch (error) {
            const { name } = (error as Error).constructor;
            assert.ok(
              ["DerError", "RevocationFault"].includes(name),
              `${error}`,
            );
          }
        }),
        { numRuns: 2_000 },
      );
      assert.throws(() => read(der.slice(0, -1)), DerError);
      assert.throws(() => read(new Uint8Array(0)), DerError);
    }
  },
);
