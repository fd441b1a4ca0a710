import assert from "node:assert/strict";
import {
  type IdentityFiles,
  loadIdentity,
} from "../../../src/security/certificates/mod.ts";
import { opensslProgram, testWith } from "../../e2e/programs.ts";
import { openssl, SERVER, Workshop } from "../../support/workshop.ts";

function files(
  cert: string,
  key: string,
  rest: Partial<IdentityFiles> = {},
): IdentityFiles {
  return { cert, key, key_password: "", key_password_file: "", ...rest };
}

/** The file, what is wrong and what to do; and never a secret. */
async function fails(given: IdentityFiles, wrong: RegExp): Promise<void> {
  await assert.rejects(loadIdentity(given), (error: Error) => {
    assert.equal(error.name, "CertificateError");
    assert.match(error.message, wrong);
    assert.doesNotMatch(error.message, /s3cret/);
    return true;
  });
}

const keys: readonly [name: string, args: readonly string[]][] = [
  ["RSA", ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]],
  ["P-256", ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]],
  ["P-384", ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]],
  ["P-521", ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"]],
  ["Ed25519", ["-algorithm", "ED25519"]],
];
for (const [name, args] of keys) {
  testWith(
    [opensslProgram],
    `keys of ${name} are read in all their forms, encrypted too`,
    async () => {
      await using workshop = await Workshop.open();
      const made = await workshop.selfSigned("one", { key: args });
      let count = 0;
      const form = async (command: string[], extra: string[] = []) => {
        const path = workshop.path(`form${++count}`);
        await openssl([...command, "-in", made.key, "-out", path, ...extra]);
        return path;
      };
      const plain = [made.key];
      const closed = [
        await form(["pkcs8", "-topk8"], ["-passout", "pass:s3cret"]),
        await form(["pkcs8", "-topk8", "-scrypt"], ["-passout", "pass:s3cret"]),
      ];
      if (name !== "Ed25519") {
        // PKCS#1 and SEC1, with OpenSSL's own encryption of old.
        const kind = name === "RSA" ? ["rsa", "-traditional"] : ["ec"];
        plain.push(await form(kind));
        const old = ["-passout", "pass:s3cret"];
        closed.push(await form([...kind, "-aes256"], old));
        closed.push(await form([...kind, "-des3"], old));
      }
      const secret = workshop.path("secret");
      await Deno.writeTextFile(secret, "s3cret\n");
      const first = await loadIdentity(files(made.cert, made.key));
      assert.match(first.key, /^-----BEGIN PRIVATE KEY-----\n/);
      for (const key of plain) {
        assert.deepEqual(await loadIdentity(files(made.cert, key)), first);
      }
      for (const key of closed) {
        for (
          const rest of [{ key_password: "s3cret" }, {
            key_password_file: secret,
          }]
        ) {
          assert.deepEqual(
            await loadIdentity(files(made.cert, key, rest)),
            first,
            key,
          );
        }
        await fails(files(made.cert, key), /is encrypted: give key_password/);
        await fails(
          files(made.cert, key, { key_password: "s3cretly wrong" }),
          /cannot be decrypted: the password is wrong/,
        );
      }
    },
  );
}

testWith(
  [opensslProgram],
  "a chain stays in its order, and its first certificate is told of",
  async () => {
    await using workshop = await Workshop.open();
    const root = await workshop.authority("root");
    const middle = await workshop.authority("middle", root);
    const leaf = await middle.issue("leaf", { extensions: SERVER });
    const texts = await Promise.all(
      [leaf.cert, middle.files.cert].map((one) => Deno.readTextFile(one)),
    );
    const chain = workshop.path("chain.pem");
    await Deno.writeTextFile(chain, `words before\n${texts.join("between\n")}`);
    const loaded = await loadIdentity(files(chain, leaf.key));
    assert.equal(loaded.cert.match(/BEGIN CERTIFICATE/g)!.length, 2);
    assert.ok(loaded.cert.startsWith(texts[0].trim()));
    assert.deepEqual(loaded.facts.dnsNames, ["localhost"]);
    assert.equal(loaded.facts.issuer, "CN=middle");
    await Deno.writeTextFile(chain, texts.toReversed().join(""));
    await fails(files(chain, leaf.key), /as number 2: put it first/);
  },
);

testWith(
  [opensslProgram],
  "what cannot be used is told with file, fault and remedy",
  async () => {
    await using workshop = await Workshop.open();
    const one = await workshop.selfSigned("one");
    const other = await workshop.selfSigned("other");
    const root = await workshop.authority("root");
    const client = await root.issue("client", {
      extensions: ["extendedKeyUsage=clientAuth"],
    });
    const path = (name: string) => workshop.path(name);
    const text = await Deno.readTextFile(one.cert);
    await Deno.writeTextFile(path("empty"), "");
    await Deno.writeTextFile(path("cut"), text.slice(0, 300) + text.slice(420));
    const key = await Deno.readTextFile(one.key);
    await Deno.writeTextFile(path("cutkey"), key.replace("MIG", "AAA"));
    const cases: [IdentityFiles, RegExp][] = [
      [files(path("none"), one.key), /\/none does not exist: correct the path/],
      [files(one.cert, path("none")), /\/none does not exist/],
      [files(workshop.folder, one.key), /is a folder: name a file in it/],
      [
        files(path("empty"), one.key),
        /\/empty holds no certificate: give a PEM/,
      ],
      [files(one.cert, path("empty")), /\/empty holds no private key: give/],
      [files(one.key, one.key), /one\.key holds no certificate/],
      [files(path("cut"), one.key), /\/cut is damaged: certificate 1 of 1/],
      [files(one.cert, path("cutkey")), /\/cutkey is damaged/],
      [
        files(one.cert, other.key),
        /one\.crt does not belong to the key .*other\.key: give the two/,
      ],
      [files(client.cert, client.key), /is not for servers: .*serverAuth/],
      [
        files(one.cert, one.key, { key_password_file: path("gone") }),
        /\/gone does not exist/,
      ],
    ];
    for (const [given, wrong] of cases) await fails(given, wrong);
  },
);
