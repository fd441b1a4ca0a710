import assert from "node:assert/strict";
import {
  CLIENT,
  type Made,
  openssl,
  SERVER,
  Workshop,
} from "../support/workshop.ts";
import { CertificateBroker } from "./certificate_broker.ts";
import { putOnList } from "./certificate_list.ts";
import { opensslEnters } from "./openssl_client.ts";
import { opensslProgram, testWith } from "./programs.ts";

const AUTHORITY = [
  "basicConstraints=critical,CA:TRUE",
  "keyUsage=critical,keyCertSign,cRLSign",
];

/** What a client shows, and whether `required` admits it. */
type Row = readonly [what: string, isIn: boolean, shown: Made, above?: Made];

const RSA = (bits: number) => [
  ...["-algorithm", "RSA", "-pkeyopt", `rsa_keygen_bits:${bits}`],
];

/** Has `issuer` sign `made` again, by `args` of `openssl x509`. */
async function signedAgain(
  workshop: Workshop,
  issuer: Made,
  made: Made,
  args: readonly string[],
): Promise<Made> {
  const cert = `${made.cert}.again`;
  const lines = workshop.path("again.ext");
  await Deno.writeTextFile(lines, `${CLIENT[0]}\n`);
  await openssl([
    ...["x509", "-req", "-in", made.cert.replace(/\.crt$/, ".csr")],
    ...["-CA", issuer.cert, "-CAkey", issuer.key, "-out", cert],
    ...["-days", "30", "-extfile", lines, ...args],
  ]);
  return { cert, key: made.key };
}

async function rows(workshop: Workshop, crl: string): Promise<{
  rows: Row[];
  ca: string[];
  short: string;
  server: Made;
}> {
  const root = await workshop.authority("root");
  const server = await root.issue("server", { extensions: SERVER });
  const client = { extensions: CLIENT };
  const below = (issuer: Made, name: string, extensions = CLIENT) =>
    workshop.signedBy(issuer, name, { extensions });
  const between = async (name: string, extensions: readonly string[]) => {
    const made = await root.issue(name, { extensions });
    return [made, await below(made, `${name}-leaf`)] as const;
  };
  const middle = await workshop.authority("middle", root);
  const good = await middle.issue("good", client);
  const [gone, goneLeaf] = await between("gone", AUTHORITY);
  const revoked = await root.issue("revoked", client);
  const listed = await root.issue("listed", client);
  await root.revoke(gone);
  await root.revoke(revoked);
  await root.list(crl);
  await putOnList(workshop, listed, "revoked");
  const [flagless, flaglessLeaf] = await between(
    "flagless",
    AUTHORITY.slice(1),
  );
  const [unsigning, unsigningLeaf] = await between("unsigning", [
    AUTHORITY[0],
    "keyUsage=critical,cRLSign",
  ]);
  const [serving, servingLeaf] = await between("serving", [
    ...AUTHORITY,
    "extendedKeyUsage=serverAuth",
  ]);
  const [unknown, unknownLeaf] = await between("unknown", [
    ...AUTHORITY,
    "1.2.3.4=critical,DER:0500",
  ]);
  const short = await root.issue("short", {
    extensions: ["basicConstraints=critical,CA:TRUE,pathlen:0", AUTHORITY[1]],
  });
  const tooDeep = await workshop.signedBy(short, "too-deep", {
    extensions: AUTHORITY,
  });
  const tooDeepLeaf = await below(tooDeep, "too-deep-leaf");
  const shortLeaf = await below(short, "short-leaf");
  const joined = { cert: workshop.path("joined.pem"), key: "" };
  await Deno.writeTextFile(
    joined.cert,
    await Deno.readTextFile(tooDeep.cert) +
      await Deno.readTextFile(short.cert),
  );
  const limited = await workshop.selfSigned("limited", {
    subject: "/CN=limited",
    extensions: [
      "keyUsage=critical,keyCertSign",
      "nameConstraints=" +
      "critical,permitted;DNS:works.example",
    ],
  });
  const limitedLeaf = await below(limited, "limited-leaf", [
    ...CLIENT,
    "subjectAltName=DNS:pump.works.example",
  ]);
  const outside = await below(limited, "outside", [
    ...CLIENT,
    "subjectAltName=DNS:pump.others.example",
  ]);
  const [constrained, constrainedLeaf] = await between("constrained", [
    ...AUTHORITY,
    "nameConstraints=critical,excluded;DNS:works.example",
  ]);
  const excluded = await below(constrained, "excluded", [
    ...CLIENT,
    "subjectAltName=DNS:pump.works.example",
  ]);
  const mail = await root.issue("mail-constrained", {
    extensions: [
      ...AUTHORITY,
      "nameConstraints=critical,permitted;email:works.example",
    ],
  });
  const mailIn = await below(mail, "mail-in", [
    ...CLIENT,
    "subjectAltName=email:pump@works.example",
  ]);
  const mailOut = await below(mail, "mail-out", [
    ...CLIENT,
    "subjectAltName=email:pump@others.example",
  ]);
  const endedRoot = await root.issue("ended", {
    ...{ from: -9, to: -1, extensions: AUTHORITY },
  });
  const endedLeaf = await below(endedRoot, "ended-leaf");
  const stranger = await workshop.authority("stranger");
  const strangers = await stranger.issue("strangers", client);
  const namesake = await workshop.selfSigned("namesake", {
    subject: "/CN=root",
    extensions: ["keyUsage=critical,keyCertSign"],
  });
  const forged = await below(namesake, "forged");
  const child = await below(good, "child");
  const sha1 = await signedAgain(
    workshop,
    root.files,
    await workshop.signedBy(root.files, "sha1", client),
    ["-sha1", "-set_serial", "77"],
  );
  const one = await workshop.signedBy(root.files, "one", client);
  const other = await workshop.signedBy(root.files, "other", client);
  const twins = [
    await signedAgain(workshop, root.files, one, ["-set_serial", "99"]),
    await signedAgain(workshop, root.files, other, ["-set_serial", "99"]),
  ];
  const weak = await workshop.selfSigned("weak", { key: RSA(1024) });
  const weakLeaf = await below(weak, "weak-leaf");
  const self = await workshop.selfSigned("self");
  const authority = await root.issue("as-client", {
    extensions: [...AUTHORITY, ...CLIENT],
  });
  const all: Row[] = [
    ["good, by an authority between", true, good, middle.files],
    ["that authority is not sent", false, good],
    ["RSA key", true, await root.issue("rsa", { ...client, key: RSA(2048) })],
    [
      "Ed25519 key",
      true,
      await root.issue("ed", { ...client, key: ["-algorithm", "ED25519"] }),
    ],
    ["without extended key usage", true, await root.issue("any-use")],
    [
      "expired",
      false,
      await root.issue("old", { ...client, from: -9, to: -1 }),
    ],
    ["not yet valid", false, await root.issue("new", { ...client, from: 3 })],
    ["for servers", false, await root.issue("srv", { extensions: SERVER })],
    ["signed by itself", false, self],
    ["another authority", false, strangers, stranger.files],
    ["an authority of the same name", false, forged, namesake],
    ["issued by a client", false, child, good],
    ["revoked by its authority", false, revoked],
    ["revoked by the list", false, listed],
    ["below a revoked authority", false, goneLeaf, gone],
    ["authority without the flag", false, flaglessLeaf, flagless],
    ["authority without keyCertSign", false, unsigningLeaf, unsigning],
    ["authority for servers", false, servingLeaf, serving],
    [
      "authority with an unknown critical extension",
      false,
      unknownLeaf,
      unknown,
    ],
    ["path length kept", true, shortLeaf, short],
    ["path length exceeded", false, tooDeepLeaf, joined],
    ["path length of an authority in ca kept", true, shortLeaf],
    ["path length of an authority in ca exceeded", false, tooDeepLeaf, tooDeep],
    ["names permitted by an authority in ca", true, limitedLeaf],
    ["names not permitted by an authority in ca", false, outside],
    ["name not excluded", true, constrainedLeaf, constrained],
    ["name excluded", false, excluded, constrained],
    ["mail address permitted", true, mailIn, mail],
    ["mail address not permitted", false, mailOut, mail],
    ["authority between that has ended", false, endedLeaf, endedRoot],
    [
      "an unknown critical extension",
      false,
      await root.issue("crit", {
        extensions: [...CLIENT, "1.2.3.4=critical,DER:0500"],
      }),
    ],
    [
      "an unknown extension",
      true,
      await root.issue("uncrit", {
        extensions: [...CLIENT, "1.2.3.4=DER:0500"],
      }),
    ],
    ["signed with SHA-1", false, sha1],
    ["signed by a key of 1024 bits", false, weakLeaf],
    ["a serial number used twice", true, twins[0]],
    ["a serial number used twice, the other", true, twins[1]],
    ["an authority as client", false, authority],
  ];
  const ca = [root.files, limited, weak].map(({ cert }) => cert);
  return { rows: all, ca, short: short.cert, server };
}

testWith(
  [opensslProgram],
  "certificates of all kinds, whole handshakes and resumed sessions",
  async (t) => {
    await using workshop = await Workshop.open();
    const crl = workshop.path("root.crl");
    const { rows: all, ca, short, server } = await rows(workshop, crl);
    await using broker = await CertificateBroker.start(workshop, {
      tls: { ...server, ca, client_certificates: "required" },
      short: { ...server, ca: [short], client_certificates: "required" },
      crl: {
        ...{ ...server, ca: ca.slice(0, 1), crl: [crl] },
        client_certificates: "required",
      },
    });
    const listenerOf = (what: string) => {
      if (what.startsWith("path length of an authority in ca")) return "short";
      return /revoked by its|below a revoked/.test(what) ? "crl" : "tls";
    };
    for (const [what, isIn, shown, above] of all) {
      await t.step(what, async () => {
        const args = ["-cert", shown.cert, "-key", shown.key];
        if (above !== undefined) args.push("-cert_chain", above.cert);
        const port = broker.port(listenerOf(what));
        for (const version of ["-tls1_2", "-tls1_3"]) {
          const session = `${shown.cert}${version}.session`;
          const first = await opensslEnters(port, [
            ...[...args, version, "-sess_out", session],
            ...["-cipher", "DEFAULT:@SECLEVEL=0"],
          ]);
          assert.equal(first, isIn, `${version}, a whole handshake`);
          const hasSession = await Deno.stat(session)
            .then(({ size }) => size > 0, () => false);
          if (!hasSession) continue;
          const again = await opensslEnters(port, [
            ...[...args, version, "-sess_in", session],
            ...["-cipher", "DEFAULT:@SECLEVEL=0"],
          ]);
          assert.equal(again, isIn, `${version}, a session resumed`);
        }
      });
    }
  },
);
