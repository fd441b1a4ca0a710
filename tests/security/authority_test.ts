import assert from "node:assert/strict";
import { SystemClock } from "../../src/clock/mod.ts";
import {
  createAuthority,
  issue,
  type IssueOptions,
  type KeyType,
  keyTypes,
  noNames,
  openAuthority,
  renew,
} from "../../src/security/authority/mod.ts";
import { Folder, openssl, opensslOk } from "./openssl.ts";

// Openssl judges by the machine's time.
const clock = new SystemClock();

const client: IssueOptions & { keyType: KeyType } = {
  name: "sensor-1",
  purpose: "client",
  names: noNames,
  days: 30,
  keyType: "p256",
};

/** Openssl's text of a certificate, and the line behind each extension's name. */
async function textOf(folder: Folder, file: string): Promise<string> {
  return await opensslOk(folder.path, "x509", "-in", file, "-noout", "-text");
}

/** How the text of a certificate must name each kind of key. */
const shownKey: Readonly<Record<KeyType, RegExp>> = {
  p256: /NIST CURVE: P-256/,
  p384: /NIST CURVE: P-384/,
  rsa2048: /Public-Key: \(2048 bit\)/,
  rsa3072: /Public-Key: \(3072 bit\)/,
  rsa4096: /Public-Key: \(4096 bit\)/,
  ed25519: /Public Key Algorithm: ED25519/,
};

// Keys of 3072 and 4096 bits take seconds to make and no other path.
const quick = keyTypes.filter((type) => !/3072|4096/.test(type));
for (const keyType of quick) {
  Deno.test(`authority: ${keyType}: openssl verifies what it issues, for its purpose only`, async () => {
    await using folder = new Folder();
    const name = 'Werk 7, "Süd" + Nord';
    const made = await createAuthority(
      folder.authority,
      { name, keyType },
      clock,
    );
    assert.equal(made.canIssue, true);
    assert.equal(made.reading.name, name);
    assert.equal(made.reading.keyType, keyType);
    const ca = "authority/ca.crt";
    assert.match(await textOf(folder, ca), shownKey[keyType]);
    await opensslOk(folder.path, "verify", "-x509_strict", "-CAfile", ca, ca);
    for (const purpose of ["client", "server"] as const) {
      const other = purpose === "client" ? "server" : "client";
      const names = { dns: ["a.example"], ip: ["::1"], email: [] };
      const options = { ...client, name: "a.example", purpose, names, keyType };
      const { pem, key } = await issue(folder.authority, options, clock);
      await folder.put("leaf.crt", pem);
      await folder.put("leaf.key", key);
      const verify = (purpose: string) =>
        openssl(
          folder.path,
          ...["verify", "-x509_strict", "-CAfile", ca],
          ...["-purpose", `ssl${purpose}`, "leaf.crt"],
        );
      assert.equal((await verify(purpose)).err, "");
      assert.match((await verify(other)).err, /purpose/i);
      assert.match(await textOf(folder, "leaf.crt"), shownKey[keyType]);
      // The key opens, and is that of the certificate.
      const own = await opensslOk(
        folder.path,
        ...["pkey", "-in", "leaf.key", "-pubout"],
      );
      assert.equal(
        own,
        await opensslOk(
          folder.path,
          ...["x509", "-in", "leaf.crt", "-noout", "-pubkey"],
        ),
      );
    }
  });
}

Deno.test("authority: the extensions are the right ones", async () => {
  await using folder = new Folder();
  await createAuthority(folder.authority, { name: "Home" }, clock);
  const ca = await textOf(folder, "authority/ca.crt");
  assert.match(ca, /Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
  assert.match(ca, /Key Usage: critical\s+Certificate Sign, CRL Sign\n/);
  const id = /Subject Key Identifier:\s+([0-9A-F:]{59})\n/.exec(ca)![1];

  const { pem } = await issue(folder.authority, {
    ...client,
    name: "broker.example",
    purpose: "server",
    names: {
      dns: ["*.b.example"],
      ip: ["192.0.2.1", "2001:db8::1"],
      email: [],
    },
  }, clock);
  await folder.put("server.crt", pem);
  const server = await textOf(folder, "server.crt");
  assert.match(server, /Basic Constraints: critical\s+CA:FALSE\n/);
  assert.match(server, /X509v3 Key Usage: critical\s+Digital Signature\n/);
  assert.match(server, /Extended Key Usage:\s+TLS Web Server Authentication\n/);
  assert.match(
    server,
    /Alternative Name:\s+DNS:broker\.example, DNS:\*\.b\.example, IP Address:192\.0\.2\.1, IP Address:2001:DB8:0:0:0:0:0:1\n/,
  );
  assert.ok(
    server.includes(`Authority Key Identifier: \n                ${id}\n`),
  );
  assert.match(server, /Subject Key Identifier:\s+[0-9A-F:]{59}\n/);

  const rsa = { ...client, keyType: "rsa2048" as const };
  const device = await issue(folder.authority, rsa, clock);
  await folder.put("client.crt", device.pem);
  const text = await textOf(folder, "client.crt");
  assert.match(
    text,
    /Key Usage: critical\s+Digital Signature, Key Encipherment\n/,
  );
  assert.match(text, /Extended Key Usage:\s+TLS Web Client Authentication\n/);
  assert.doesNotMatch(text, /Alternative Name/);
});

Deno.test("authority: serial numbers are positive, long, and never the same", async () => {
  await using folder = new Folder();
  await createAuthority(folder.authority, { name: "Home" }, clock);
  const serials = new Set<string>();
  let either = 0n;
  let both = (1n << 128n) - 1n;
  for (let round = 0; round < 24; round++) {
    const { reading } = await issue(folder.authority, client, clock);
    assert.match(reading.serial, /^[4-7][0-9a-f]{31}$/);
    serials.add(reading.serial);
    either |= BigInt(`0x${reading.serial}`);
    both &= BigInt(`0x${reading.serial}`);
  }
  assert.equal(serials.size, 24);
  // How many bits differ among them: 126 may, one in 2^23 does not by chance.
  const moving = (either ^ both).toString(2).replaceAll("0", "").length;
  assert.ok(moving >= 120, `${moving} bits`);
});

Deno.test("authority: files are its user's alone, and so is its folder", async () => {
  await using folder = new Folder();
  await Deno.mkdir(folder.authority, { mode: 0o755 });
  await createAuthority(folder.authority, { name: "Home" }, clock);
  assert.equal(folder.mode("authority"), 0o700);
  assert.equal(folder.mode("authority/ca.key"), 0o600);
  assert.match(folder.read("authority/ca.key"), /^-----BEGIN PRIVATE KEY-----/);
});

Deno.test("authority: a second one is refused; replaced, the first is kept aside", async () => {
  await using folder = new Folder();
  const first = await createAuthority(folder.authority, { name: "A" }, clock);
  const key = folder.read("authority/ca.key");
  await assert.rejects(
    createAuthority(folder.authority, { name: "B" }, clock),
    { name: "AuthorityError", fault: "exists", message: /--replace/ },
  );
  assert.equal(folder.read("authority/ca.crt"), first.pem);
  const replacing = { name: "B", isReplacing: true };
  const second = await createAuthority(folder.authority, replacing, clock);
  assert.equal(second.reading.name, "B");
  const aside = [...Deno.readDirSync(folder.authority)].map((one) => one.name)
    .filter((name) => /^ca\.(crt|key)\.\d{8}T\d{6}$/.test(name)).sort();
  assert.equal(aside.length, 2);
  assert.equal(folder.read(`authority/${aside[0]}`), first.pem);
  assert.equal(folder.read(`authority/${aside[1]}`), key);
  assert.equal(folder.mode(`authority/${aside[1]}`), 0o600);
});

Deno.test("authority: many that begin at once agree on one", async () => {
  await using folder = new Folder();
  const ends = await Promise.allSettled(
    ["A", "B", "C"].map((name) =>
      createAuthority(folder.authority, { name }, clock)
    ),
  );
  const winners = ends.filter((end) => end.status === "fulfilled");
  assert.equal(winners.length, 1);
  const kept = await openAuthority(folder.authority);
  assert.deepEqual(kept?.reading, winners[0].value.reading);
});

Deno.test("authority: nothing it issues outlives it, and that is said", async () => {
  await using folder = new Folder();
  const days = 10;
  await createAuthority(folder.authority, { name: "Brief", days }, clock);
  const own = (await openAuthority(folder.authority))!.reading;
  const long = await issue(folder.authority, { ...client, days: 11 }, clock);
  assert.equal(long.endsEarly, true);
  assert.equal(long.reading.notAfter, own.notAfter);
  const short = await issue(folder.authority, { ...client, days: 9 }, clock);
  assert.equal(short.endsEarly, false);
  assert.ok(short.reading.notBefore >= own.notBefore);
  assert.ok(short.reading.notBefore < clock.date() - 3_000_000);
});

Deno.test("authority: renewed for the same key, or for a new one", async () => {
  await using folder = new Folder();
  await createAuthority(folder.authority, { name: "Home" }, clock);
  const names = {
    dns: ["a.example"],
    ip: ["192.0.2.1"],
    email: ["a@b.example"],
  };
  const first = await issue(folder.authority, { ...client, names }, clock);
  await folder.put("first.key", first.key);
  const second = await renew(folder.authority, first.pem, { days: 90 }, clock);
  assert.equal(second.key, null);
  assert.deepEqual(second.reading.names, names);
  assert.equal(second.reading.subject, first.reading.subject);
  assert.equal(second.purpose, "client");
  assert.notEqual(second.reading.fingerprint, first.reading.fingerprint);
  await folder.put("second.crt", second.pem);
  assert.equal(
    await opensslOk(
      folder.path,
      "x509",
      "-in",
      "second.crt",
      "-noout",
      "-pubkey",
    ),
    await opensslOk(folder.path, "pkey", "-in", "first.key", "-pubout"),
  );
  const keyType = "ed25519";
  const options = { days: 90, keyType } as const;
  const third = await renew(folder.authority, first.pem, options, clock);
  assert.equal(third.reading.keyType, keyType);
  assert.match(third.key!, /^-----BEGIN PRIVATE KEY-----/);
});

const wrong: readonly [
  what: string,
  Partial<typeof client>,
  message: RegExp,
][] = [
  ["an empty name", { name: "" }, /1 to 64 characters/],
  ["a name of 65 characters", { name: "x".repeat(65) }, /1 to 64/],
  ["a name with a line's end", { name: "a\nCN=b" }, /control characters/],
  [
    "no host name",
    { names: { ...noNames, dns: ["a b"] } },
    /"a b" .* host name/,
  ],
  [
    "an address among the host names",
    { names: { ...noNames, dns: ["192.0.2.1"] } },
    /host name/,
  ],
  ["no address", { names: { ...noNames, ip: ["1.2.3"] } }, /IP address/],
  ["no mail address", { names: { ...noNames, email: ["a"] } }, /mail address/],
  ["no days", { days: 0 }, /1 to 36500/],
  ["half a day", { days: 0.5 }, /1 to 36500/],
  [
    "a server that nobody could find",
    { name: "my broker", purpose: "server" },
    /no host name.*--dns or --ip/,
  ],
];
for (const [what, options, message] of wrong) {
  Deno.test(`authority: ${what} is not issued`, async () => {
    await using folder = new Folder();
    await createAuthority(folder.authority, { name: "Home" }, clock);
    await assert.rejects(
      issue(folder.authority, { ...client, ...options }, clock),
      { name: "AuthorityError", fault: "unsuitable", message },
    );
  });
}
