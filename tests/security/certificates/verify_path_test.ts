import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { newKeys } from "../../../src/security/authority/keys/key_type.ts";
import { loadX509 } from "../../../src/security/authority/keys/x509.ts";
import {
  type LoadedAuthority,
  readCertificate,
  type SentCertificate,
  verifyPath,
} from "../../../src/security/certificates/mod.ts";

const NOW = Date.UTC(2026, 0, 1);
const DAY = 86_400_000;
const DNS = 0x82;

const x509 = await loadX509();

interface Person {
  readonly subject: string;
  readonly keys: CryptoKeyPair;
}

async function person(subject: string): Promise<Person> {
  return { subject, keys: await newKeys("p256") };
}

function element(tag: number, ...parts: readonly Uint8Array[]) {
  const length = parts.reduce((sum, { length }) => sum + length, 0);
  const head = length < 0x80
    ? [tag, length]
    : [tag, 0x82, length >> 8, length & 0xff];
  return Uint8Array.from([...head, ...parts.flatMap((one) => [...one])]);
}

function dns(name: string) {
  return element(DNS, new TextEncoder().encode(name));
}

/** `permitted` subtrees of an authority that may issue for these DNS names. */
function constraints(bases: readonly string[]) {
  const subtrees = bases.map((base) => element(0x30, dns(base)));
  const content = element(0x30, element(0xa0, ...subtrees));
  return new x509.Extension("2.5.29.30", true, content);
}

function alternativeNames(names: readonly string[]) {
  const content = element(0x30, ...names.map(dns));
  return new x509.Extension("2.5.29.17", false, content);
}

let serial = 0;

async function certify(
  issuer: Person,
  { subject, keys }: Person,
  isAuthority: boolean,
  extensions: readonly InstanceType<typeof x509.Extension>[] = [],
): Promise<Uint8Array> {
  const made = await x509.X509CertificateGenerator.create({
    serialNumber: (0x1000 + serial++).toString(16),
    ...{ subject, issuer: issuer.subject, publicKey: keys.publicKey },
    notBefore: new Date(NOW - DAY),
    notAfter: new Date(NOW + DAY),
    signingKey: issuer.keys.privateKey,
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
    extensions: [
      new x509.BasicConstraintsExtension(isAuthority, undefined, true),
      ...extensions,
    ],
  });
  return new Uint8Array(made.rawData);
}

function anchor(der: Uint8Array): LoadedAuthority {
  const certificate = new X509Certificate(der);
  const pem = certificate.toString();
  return { path: "ca.pem", pem, certificate, facts: readCertificate(der) };
}

function sent(der: Uint8Array): SentCertificate {
  return { der, facts: readCertificate(der) };
}

/** The same certificates; `steps` counts how often the search takes one up. */
function counted(all: readonly SentCertificate[]) {
  const count = { steps: 0 };
  const certificates = all.map(({ der, facts }) => ({
    der,
    get facts() {
      count.steps++;
      return facts;
    },
  }));
  return { count, certificates };
}

Deno.test("ten cross-signed authorities cost no more when their signatures are remembered", async () => {
  const root = await person("CN=root");
  const twin = await person("CN=twin");
  const client = await person("CN=client");
  const twins: SentCertificate[] = [];
  for (let index = 0; index < 10; index++) {
    twins.push(sent(await certify(twin, twin, true)));
  }
  const shown = sent(await certify(twin, client, false));
  const anchors = [anchor(await certify(root, root, true))];
  for (let handshake = 0; handshake < 4; handshake++) {
    const { count, certificates } = counted(twins);
    assert.equal(verifyPath(shown, certificates, anchors, NOW), null);
    // 24 signatures that hold, each of which takes up all ten.
    assert.ok(count.steps < 2_000, `handshake ${handshake}: ${count.steps}`);
  }
});

Deno.test("a path is found again and again, over two authorities that the client sent", async () => {
  const [root, upper, lower, client] = await Promise.all(
    ["CN=root", "CN=upper", "CN=lower", "CN=client"].map(person),
  );
  const anchors = [anchor(await certify(root, root, true))];
  const shown = sent(await certify(lower, client, false));
  const between = [
    sent(await certify(upper, lower, true)),
    sent(await certify(root, upper, true)),
  ];
  for (let handshake = 0; handshake < 30; handshake++) {
    const path = verifyPath(shown, between, anchors, NOW);
    assert.deepEqual(path, { constrainsOtherNames: false });
  }
});

Deno.test("an authority whose name constraints cannot be read does not hide its namesake", async () => {
  const [root, lower, client] = await Promise.all(
    ["CN=root", "CN=lower", "CN=client"].map(person),
  );
  const spoilt = [new x509.Extension("2.5.29.30", true, Uint8Array.of(5, 0))];
  const shown = sent(await certify(lower, client, false));
  const good = await certify(root, lower, true);
  const bad = await certify(root, lower, true, spoilt);
  const rootDer = await certify(root, root, true);
  const found = { constrainsOtherNames: false };
  const path = (between: Uint8Array[], anchors: Uint8Array[]) =>
    verifyPath(shown, between.map(sent), anchors.map(anchor), NOW);
  assert.deepEqual(path([bad, good], [rootDer]), found);
  assert.deepEqual(path([], [bad, good]), found);
  assert.equal(path([bad], [rootDer]), null);
  assert.equal(path([], [bad]), null);
});

Deno.test("a certificate and an authority with thousands of names each are refused", async () => {
  const root = await person("CN=root");
  const client = await person("CN=client");
  const path = async (count: number) => {
    const names = Array.from({ length: count }, (_, at) => `h${at}.example`);
    const issuing = [constraints(names)];
    const anchors = [anchor(await certify(root, root, true, issuing))];
    const own = [alternativeNames(names)];
    const shown = sent(await certify(root, client, false, own));
    return verifyPath(shown, [], anchors, NOW);
  };
  assert.notEqual(await path(100), null);
  assert.equal(await path(2_000), null);
});

Deno.test("a path has at most six authorities between the certificate and ours", async () => {
  for (const most of [6, 7]) {
    const line = await Promise.all(
      Array.from({ length: most + 1 }, (_, at) => person(`CN=a${at}`)),
    );
    const [root, ...below] = line;
    const anchors = [anchor(await certify(root, root, true))];
    const between = await Promise.all(
      below.map((one, at) => certify(line[at], one, true)),
    );
    const client = await person("CN=client");
    const shown = sent(await certify(line.at(-1)!, client, false));
    const path = verifyPath(shown, between.map(sent), anchors, NOW);
    assert.equal(path !== null, most === 6, `${most} between`);
  }
});
