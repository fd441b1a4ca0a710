import assert from "node:assert/strict";
import { Workshop } from "../support/workshop.ts";
import { CertificateBroker } from "./certificate_broker.ts";
import { opensslEnters } from "./openssl_client.ts";
import { opensslProgram, testWith } from "./programs.ts";

/** What README.md promises for TLS 1.2; `*` is the kind of certificate. */
const SUITES_1_2 = [
  "ECDHE-*-AES128-GCM-SHA256",
  "ECDHE-*-AES256-GCM-SHA384",
  "ECDHE-*-CHACHA20-POLY1305",
];

/** The same for TLS 1.3, with any certificate. */
const SUITES_1_3 = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
];

const GROUPS = ["X25519", "P-256", "P-384"];

/** What OpenSSL would otherwise not offer any more. */
const OLD = "@SECLEVEL=0";

testWith(
  [opensslProgram],
  "TLS versions, suites and curves are those that the README names",
  async () => {
    await using workshop = await Workshop.open();
    const rsa = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
    await using broker = await CertificateBroker.start(workshop, {
      RSA: await workshop.selfSigned("rsa", { key: rsa }),
      ECDSA: await workshop.selfSigned("ecdsa"),
    });
    for (const kind of ["RSA", "ECDSA"]) {
      const enters = (...args: string[]) =>
        opensslEnters(broker.port(kind), args);
      const mine = SUITES_1_2.map((suite) => suite.replace("*", kind));
      for (const suite of mine) {
        assert.ok(await enters("-tls1_2", "-cipher", suite), suite);
      }
      for (const suite of SUITES_1_3) {
        assert.ok(await enters("-tls1_3", "-ciphersuites", suite), suite);
      }
      const others = mine.map((suite) => `!${suite}`).join(":");
      assert.ok(
        !await enters("-tls1_2", "-cipher", `ALL:${others}:${OLD}`),
        `another suite of TLS 1.2 with ${kind}`,
      );
      const ccm = ["-ciphersuites", "TLS_AES_128_CCM_SHA256"];
      assert.ok(!await enters("-tls1_3", ...ccm), "another suite of TLS 1.3");
      for (const version of ["-tls1", "-tls1_1"]) {
        assert.ok(!await enters(version, "-cipher", `ALL:${OLD}`), version);
      }
    }
    // For a curve of TLS 1.2 OpenSSL wants an ECDSA key to be on it, too.
    const enters = (...args: string[]) =>
      opensslEnters(broker.port("RSA"), args);
    for (const version of ["-tls1_2", "-tls1_3"]) {
      for (const group of GROUPS) {
        assert.ok(await enters(version, "-groups", group), group);
      }
      const others = "P-521:X448";
      assert.ok(!await enters(version, "-groups", others), others);
    }
  },
);
