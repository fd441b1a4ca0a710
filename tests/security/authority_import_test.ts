import assert from "node:assert/strict";
import { SystemClock } from "../../src/clock/mod.ts";
import {
  importAuthority,
  issue,
  noNames,
  openAuthority,
  signRequest,
} from "../../src/security/authority/mod.ts";
import { Folder, opensslOk } from "./openssl.ts";

const clock = new SystemClock();

const client = {
  name: "sensor-1",
  purpose: "client",
  names: noNames,
  days: 30,
  keyType: "p256",
} as const;

/** Brings `certificate` (and `key`) of `folder` in as its authority. */
async function bring(
  folder: Folder,
  certificate: string,
  key: string | null,
  options: { password?: string; isReplacing?: boolean } = {},
) {
  const named = (file: string) => ({ text: folder.read(file), file });
  return await importAuthority(folder.authority, {
    certificate: named(certificate),
    key: key === null ? null : named(key),
    ...options,
  }, clock);
}

/** An authority made by openssl: `ca.crt` and `ca.key`. */
async function makeRoot(
  folder: Folder,
  ...args: readonly string[]
): Promise<void> {
  await opensslOk(
    folder.path,
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt"],
    ...["ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "ca.key"],
    ...["-out", "ca.crt", "-subj", "/C=DE/O=Works/CN=Root", "-days", "30"],
    ...args,
  );
}

/** Issues with what was brought in; openssl must verify it against `root`. */
async function issuesWell(folder: Folder, root: string): Promise<void> {
  const { pem } = await issue(folder.authority, client, clock);
  await folder.put("chain.crt", pem);
  await opensslOk(
    folder.path,
    ...["verify", "-CAfile", root, "-untrusted", "chain.crt"],
    ...["-purpose", "sslclient", "chain.crt"],
  );
}

/** How openssl writes a key of every kind and form; `plain.key` goes in. */
const keys: readonly [
  what: string,
  make: readonly string[],
  form: readonly string[],
][] = [
  [
    "P-256 as SEC1",
    ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    [
      "ec",
    ],
  ],
  ["P-521 as PKCS#8", [
    "-algorithm",
    "EC",
    "-pkeyopt",
    "ec_paramgen_curve:P-521",
  ], ["pkcs8", "-topk8", "-nocrypt"]],
  ["RSA as PKCS#1", ["-algorithm", "RSA"], ["rsa", "-traditional"]],
  ["RSA as PKCS#1, encrypted", ["-algorithm", "RSA"], [
    ...["rsa", "-traditional", "-aes256", "-passout", "pass:open sesame"],
  ]],
  ["P-384 as SEC1, encrypted", [
    "-algorithm",
    "EC",
    "-pkeyopt",
    "ec_paramgen_curve:P-384",
  ], ["ec", "-aes128", "-passout", "pass:open sesame"]],
  ["Ed25519 as PKCS#8, encrypted", ["-algorithm", "ED25519"], [
    ...["pkcs8", "-topk8", "-passout", "pass:open sesame"],
  ]],
];
for (const [what, make, form] of keys) {
  Deno.test(`authority: imported with its key, ${what}, it issues`, async () => {
    await using folder = new Folder();
    const { path } = folder;
    await opensslOk(path, "genpkey", ...make, "-out", "plain.key");
    await opensslOk(
      path,
      ...["req", "-x509", "-key", "plain.key", "-out", "ca.crt"],
      ...["-subj", "/O=Works/CN=Root", "-days", "30"],
    );
    await opensslOk(path, ...form, "-in", "plain.key", "-out", "ca.key");
    const isEncrypted = what.includes("encrypted");
    if (isEncrypted) {
      await assert.rejects(bring(folder, "ca.crt", "ca.key"), {
        fault: "unsuitable",
        message: /ca\.key is encrypted.*--password-file/,
      });
      const password = "open barley";
      await assert.rejects(bring(folder, "ca.crt", "ca.key", { password }), {
        message: "ca.key does not open with this password",
      });
    }
    const password = "open sesame";
    const made = await bring(folder, "ca.crt", "ca.key", { password });
    assert.equal(made.canIssue, true);
    assert.equal(folder.mode("authority/ca.key"), 0o600);
    await issuesWell(folder, "ca.crt");
  });
}

Deno.test("authority: imported below others, it issues chains that lead to the root", async () => {
  await using folder = new Folder();
  const { path } = folder;
  await makeRoot(folder);
  await opensslOk(
    path,
    ...["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp384r1"],
    ...["-nodes", "-keyout", "mid.key", "-out", "mid.csr"],
    ...["-subj", "/C=DE/O=Works/CN=Middle"],
  );
  await folder.put(
    "mid.ext",
    "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n" +
      "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n",
  );
  await opensslOk(
    path,
    ...["x509", "-req", "-in", "mid.csr", "-CA", "ca.crt", "-CAkey", "ca.key"],
    ...["-days", "9", "-extfile", "mid.ext", "-out", "mid.crt"],
  );
  await folder.put(
    "bundle.crt",
    folder.read("mid.crt") + folder.read("ca.crt"),
  );
  await folder.put(
    "upside.crt",
    folder.read("mid.crt") + folder.read("mid.crt"),
  );
  await assert.rejects(bring(folder, "upside.crt", "mid.key"), {
    message: /certificate 2 did not issue certificate 1/,
  });
  const made = await bring(folder, "bundle.crt", "mid.key");
  assert.match(made.reading.subject, /Middle/);
  await issuesWell(folder, "ca.crt");
  // The root itself is not sent: the other side has it or does not trust it.
  const sent = folder.read("chain.crt").match(/BEGIN CERTIFICATE/g);
  assert.equal(sent?.length, 2);
});

Deno.test("authority: imported without its key it verifies, and says why it cannot issue", async () => {
  await using folder = new Folder();
  await makeRoot(folder);
  const made = await bring(folder, "ca.crt", null);
  assert.equal(made.canIssue, false);
  await assert.rejects(issue(folder.authority, client, clock), {
    fault: "keyless",
    message: /imported without its private key.*cannot? issue|but not issue/,
  });
  // Its key comes later.
  await assert.rejects(bring(folder, "ca.crt", "ca.key"), { fault: "exists" });
  await bring(folder, "ca.crt", "ca.key", { isReplacing: true });
  await issuesWell(folder, "ca.crt");
  // And goes again: what is in use then must not lie around as if it were.
  await bring(folder, "ca.crt", null, { isReplacing: true });
  assert.equal((await openAuthority(folder.authority))?.canIssue, false);
});

const refused: readonly [
  what: string,
  args: readonly string[],
  message: RegExp,
][] = [
  ["a device's certificate", [
    "-addext",
    "basicConstraints=critical,CA:FALSE",
  ], /ca\.crt is no authority/],
  ["one that may not sign", [
    "-addext",
    "keyUsage=critical,digitalSignature",
  ], /lacks "Certificate Sign"/],
  ["a weak key", ["-newkey", "rsa:1024"], /type rsa1024: use/],
];
for (const [what, args, message] of refused) {
  Deno.test(`authority: ${what} is not imported`, async () => {
    await using folder = new Folder();
    const isRsa = args.includes("rsa:1024");
    if (isRsa) {
      await opensslOk(
        folder.path,
        ...["req", "-x509", ...args, "-nodes", "-keyout", "ca.key"],
        ...["-out", "ca.crt", "-subj", "/CN=Root"],
      );
    } else await makeRoot(folder, ...args);
    await assert.rejects(bring(folder, "ca.crt", "ca.key"), {
      name: "AuthorityError",
      fault: "unsuitable",
      message,
    });
    assert.equal(await openAuthority(folder.authority), undefined);
  });
}

Deno.test("authority: files that are something else are refused with their names", async () => {
  await using folder = new Folder();
  await makeRoot(folder);
  const other = "other.key";
  await opensslOk(
    folder.path,
    "genpkey",
    "-algorithm",
    "ED25519",
    "-out",
    other,
  );
  const cut = folder.read("ca.crt").replace(/\n.{64}\n/, "\n");
  await folder.put("cut.crt", cut);
  const rows: readonly [certificate: string, key: string, message: RegExp][] = [
    ["ca.key", "ca.key", /ca\.key has no certificate/],
    ["cut.crt", "ca.key", /cut\.crt has a damaged certificate/],
    ["ca.crt", "ca.crt", /ca\.crt has no private key/],
    ["ca.crt", other, /other\.key is not the key of the first .* ca\.crt/],
  ];
  for (const [certificate, key, message] of rows) {
    await assert.rejects(bring(folder, certificate, key), { message });
  }
});

/** A request made by openssl, `device.csr`, and what comes of it. */
async function sign(
  folder: Folder,
  args: readonly string[],
  options: Partial<Parameters<typeof signRequest>[2]> = {},
) {
  await opensslOk(
    folder.path,
    ...["req", "-new", "-nodes", "-keyout", "device.key", "-out", "device.csr"],
    ...args,
  );
  return await signRequest(
    folder.authority,
    { content: Deno.readFileSync(folder.at("device.csr")), file: "device.csr" },
    { purpose: "client", days: 30, ...options },
    clock,
  );
}

const EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];

Deno.test("authority: a request is signed: its names and key, not the powers it asks for", async () => {
  await using folder = new Folder();
  await makeRoot(folder);
  await bring(folder, "ca.crt", "ca.key");
  const { pem } = await sign(folder, [
    ...EC,
    ...["-subj", "/O=Works/CN=pump 7"],
    ...["-addext", "subjectAltName=DNS:pump.example,email:p@b.example"],
    ...["-addext", "basicConstraints=critical,CA:TRUE"],
    ...["-addext", "extendedKeyUsage=serverAuth"],
  ]);
  await folder.put("device.crt", pem);
  await opensslOk(
    folder.path,
    ...["verify", "-CAfile", "ca.crt"],
    ...["-purpose", "sslclient", "device.crt"],
  );
  const text = await opensslOk(
    folder.path,
    ...["x509", "-in", "device.crt", "-noout", "-text"],
  );
  assert.match(text, /Subject: O = Works, CN = pump 7\n/);
  assert.match(text, /DNS:pump\.example, email:p@b\.example\n/);
  assert.match(text, /CA:FALSE/);
  assert.doesNotMatch(text, /Server Authentication|CA:TRUE/);
  const spki = ["-noout", "-pubkey"];
  assert.equal(
    await opensslOk(folder.path, "x509", "-in", "device.crt", ...spki),
    await opensslOk(folder.path, "req", "-in", "device.csr", ...spki),
  );
});

Deno.test("authority: a request as DER, for a server, under another name", async () => {
  await using folder = new Folder();
  await makeRoot(folder);
  await bring(folder, "ca.crt", "ca.key");
  const { reading } = await sign(
    folder,
    [...EC, "-subj", "/CN=x", "-outform", "DER"],
    {
      purpose: "server",
      name: "b.example",
      names: { ...noNames, dns: ["b.example"] },
    },
  );
  assert.equal(reading.name, "b.example");
  assert.deepEqual(reading.names.dns, ["b.example"]);
  assert.equal(reading.isForServer && !reading.isForClient, true);
});

Deno.test("authority: requests that must not be signed", async () => {
  await using folder = new Folder();
  await makeRoot(folder);
  await bring(folder, "ca.crt", "ca.key");
  const says = (message: RegExp) => ({ fault: "unsuitable", message });
  await assert.rejects(
    sign(folder, [...EC, "-subj", "/"]),
    says(/device\.csr has no name in it: .*--name/),
  );
  await assert.rejects(
    sign(folder, [...EC, "-subj", "/CN=x/O=a\nCN=admin"]),
    says(/control character/),
  );
  await assert.rejects(
    sign(folder, ["-newkey", "rsa:1024", "-subj", "/CN=x"]),
    says(/type rsa1024/),
  );
  // A server without a name in its extension would be found by nobody.
  await assert.rejects(
    sign(folder, [...EC, "-subj", "/CN=my broker"], { purpose: "server" }),
    says(/--dns or --ip/),
  );
  const request = (content: Uint8Array<ArrayBuffer>) =>
    signRequest(folder.authority, { content, file: "x.csr" }, {
      purpose: "client",
      days: 1,
    }, clock);
  await sign(folder, [...EC, "-subj", "/CN=abcdefgh", "-outform", "DER"]);
  const good = Deno.readFileSync(folder.at("device.csr"));
  const forged = good.slice();
  forged[good.indexOf(0x68, 20)] = 0x69; // abcdefgh becomes abcdefgi
  await assert.rejects(
    request(forged),
    says(/not signed with the key|damaged/),
  );
  await assert.rejects(
    request(good.slice(0, 60)),
    says(/x\.csr is no certificate request/),
  );
  await assert.rejects(
    request(new TextEncoder().encode(folder.read("ca.crt"))),
    says(/x\.csr is no certificate request/),
  );
});
