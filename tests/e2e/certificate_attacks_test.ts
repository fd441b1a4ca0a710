import assert from "node:assert/strict";
import {
  type Authority,
  CLIENT,
  type Made,
  SERVER,
  Workshop,
} from "../support/workshop.ts";
import { within } from "../support/wait.ts";
import { CertificateBroker } from "./certificate_broker.ts";
import { putOnList } from "./certificate_list.ts";
import { connectMqttJs } from "./mqttjs_client.ts";
import { opensslEnters } from "./openssl_client.ts";
import { opensslProgram, testWith } from "./programs.ts";
import { stolen } from "./stolen_key.ts";

const programs = [opensslProgram];
const versions = ["-tls1_2", "-tls1_3"];

function showing({ cert, key }: Made, chain?: string): string[] {
  const above = chain === undefined ? [] : ["-cert_chain", chain];
  return ["-cert", cert, "-key", key, ...above];
}

async function joined(
  workshop: Workshop,
  name: string,
  files: readonly string[],
): Promise<string> {
  const path = workshop.path(name);
  const all = await Promise.all(files.map((file) => Deno.readTextFile(file)));
  await Deno.writeTextFile(path, all.join(""));
  return path;
}

/** A workshop with an authority that has issued the server's certificate. */
async function furnished(): Promise<
  { workshop: Workshop; ca: Authority; server: Made }
> {
  const workshop = await Workshop.open();
  const ca = await workshop.authority("ca");
  const server = await ca.issue("server", { extensions: SERVER });
  return { workshop, ca, server };
}

testWith(
  programs,
  "a session that is resumed lets in nobody whom its handshake did not",
  async (t) => {
    const { workshop, ca, server } = await furnished();
    await using _ = workshop;
    const middle = await workshop.authority("middle", ca);
    const friend = await middle.issue("friend", { extensions: CLIENT });
    const stranger = await workshop.selfSigned("stranger");
    const listener = {
      ...{ ...server, ca: [ca.files.cert] },
      client_certificates: "required",
    } as const;
    await using broker = await CertificateBroker.start(workshop, {
      tls: listener,
      // TLS stands on a stream of ours there.
      one: { ...listener, one_port: true },
    });
    const twice = async (name: string, version: string, who: string[]) => {
      const port = broker.port(name);
      const session = await Deno.makeTempFile({ dir: workshop.folder });
      const args = [...who, version];
      const first = await opensslEnters(port, [...args, "-sess_out", session]);
      assert.ok((await Deno.stat(session)).size > 0, "there is a session");
      return [
        first,
        await opensslEnters(port, [...args, "-sess_in", session]),
      ];
    };
    const ways = ["tls", "one"].flatMap((name) =>
      versions.map((version) => [name, version] as const)
    );
    for (const [name, version] of ways) {
      await t.step(`${name} ${version}`, async () => {
        const shown = showing(friend, middle.files.cert);
        assert.deepEqual(await twice(name, version, shown), [true, true]);
        const none = await twice(name, version, showing(stranger));
        assert.deepEqual(none, [false, false]);
        // Once, not at each try.
        if (name === "tls" && version === versions[0]) {
          assert.match(
            await broker.told.next(),
            /issued it; its issuer is CN=stranger \(DEPTH_ZERO_SELF_SIGNED/,
          );
        }
      });
    }
    await t.step("and nobody who has been revoked since", async () => {
      const port = broker.port("tls");
      const session = workshop.path("session");
      const shown = showing(friend, middle.files.cert);
      assert.ok(await opensslEnters(port, [...shown, "-sess_out", session]));
      await putOnList(workshop, friend, "revoked");
      await broker.reload();
      assert.ok(!await opensslEnters(port, [...shown, "-sess_in", session]));
    });
  },
);

testWith(
  programs,
  "certificates that only look like trusted ones do not come in",
  async (t) => {
    const { workshop, ca, server } = await furnished();
    await using _ = workshop;
    const friend = await ca.issue("friend", { extensions: CLIENT });
    const twin = await workshop.selfSigned("twin", { subject: "/CN=friend" });
    const forger = await workshop.authority("forger");
    const namesake = await workshop.selfSigned("namesake", {
      subject: "/CN=ca",
      extensions: ["keyUsage=critical,keyCertSign,cRLSign"],
    });
    const thief = await workshop.selfSigned("thief");
    const keyless = await stolen(workshop, friend, thief);
    const wish = { extensions: CLIENT };
    const child = await workshop.signedBy(friend, "child", wish);
    const forged = await workshop.signedBy(namesake, "forged", wish);
    await putOnList(workshop, friend, "authorized");
    const all = { ...server, ca: [ca.files.cert] };
    await using broker = await CertificateBroker.start(workshop, {
      required: { ...all, client_certificates: "required" },
      authorized: { ...all, client_certificates: "authorized" },
      any: { ...all, client_certificates: "authorized-any-issuer" },
    });
    const liars: [what: string, shown: string[]][] = [
      ["the subject of a friend", showing(twin)],
      ["the certificate of a friend without its key", showing(keyless)],
      ["issued by a friend, who may not", showing(child, friend.cert)],
      ["an authority of the same name", showing(forged, namesake.cert)],
      ["that authority not shown", showing(forged)],
      ["another authority itself", showing(forger.files)],
    ];
    for (const listener of ["required", "authorized", "any"]) {
      const port = broker.port(listener);
      for (const version of versions) {
        await t.step(`${listener} ${version}`, async () => {
          for (const [what, shown] of liars) {
            const isIn = await opensslEnters(port, [...shown, version]);
            assert.ok(!isIn, what);
          }
          assert.ok(await opensslEnters(port, [...showing(friend), version]));
        });
      }
    }
  },
);

testWith(
  programs,
  "what a certificate is for: clients, when it says anything",
  async () => {
    const { workshop, ca, server } = await furnished();
    await using _ = workshop;
    const silent = await ca.issue("silent");
    const both = await ca.issue("both", {
      extensions: ["extendedKeyUsage=serverAuth,clientAuth"],
    });
    const mail = await ca.issue("mail", {
      extensions: ["extendedKeyUsage=emailProtection"],
    });
    await using broker = await CertificateBroker.start(workshop, {
      tls: { ...server, ca: [ca.files.cert], client_certificates: "required" },
    });
    const enters = (made: Made) =>
      opensslEnters(broker.port("tls"), showing(made));
    assert.deepEqual(
      [await enters(silent), await enters(both), await enters(mail)],
      [true, true, false],
    );
  },
);

testWith(
  programs,
  "an authority that has ended vouches for nobody",
  async () => {
    const { workshop, ca, server } = await furnished();
    await using _ = workshop;
    const old = await ca.issue("old", {
      from: -9,
      to: -1,
      extensions: ["basicConstraints=critical,CA:TRUE"],
    });
    const late = await workshop.signedBy(old, "late", { extensions: CLIENT });
    const friend = await ca.issue("friend", { extensions: CLIENT });
    const files = [ca.files.cert, old.cert];
    await using broker = await CertificateBroker.start(workshop, {
      tls: { ...server, ca: files, client_certificates: "required" },
    });
    const port = broker.port("tls");
    assert.ok(!await opensslEnters(port, showing(late)));
    assert.ok(!await opensslEnters(port, showing(late, old.cert)));
    assert.ok(await opensslEnters(port, showing(friend)));
  },
);

testWith(
  programs,
  "below a revoked authority nobody comes in, whatever is shown of it",
  async (t) => {
    const { workshop, ca, server } = await furnished();
    await using _ = workshop;
    const middle = await workshop.authority("middle", ca);
    const below = await middle.issue("below", { extensions: CLIENT });
    const twin = await workshop.selfSigned("twin", {
      subject: "/CN=middle",
      extensions: ["keyUsage=critical,keyCertSign,cRLSign"],
    });
    const crl = workshop.path("ca.crl");
    await ca.list(crl);
    const all = {
      ...{ ...server, crl: [crl] },
      client_certificates: "required",
    } as const;
    const both = [ca.files.cert, middle.files.cert];
    await using broker = await CertificateBroker.start(workshop, {
      root: { ...all, ca: [ca.files.cert] },
      // Many name the whole chain here.
      both: { ...all, ca: both },
    });
    const real = middle.files.cert;
    const first = await joined(workshop, "first.pem", [twin.cert, real]);
    const last = await joined(workshop, "last.pem", [real, twin.cert]);
    const chains = [undefined, real, first, last];
    const entering = async (listener: string) => {
      const all: boolean[] = [];
      for (const chain of chains) {
        const port = broker.port(listener);
        all.push(await opensslEnters(port, showing(below, chain)));
      }
      return all;
    };
    await t.step("before", async () => {
      assert.deepEqual((await entering("root")).slice(0, 2), [false, true]);
      assert.deepEqual(await entering("both"), [true, true, true, true]);
    });
    const read = (file: string) => Deno.readTextFile(file);
    const client = await connectMqttJs(
      `mqtts://127.0.0.1:${broker.port("both")}`,
      {
        ...{ ca: await read(ca.files.cert), cert: await read(below.cert) },
        ...{ key: await read(below.key), reconnectPeriod: 0 },
      },
    );
    const ended = new Promise((resolve) =>
      client.once("close", () => resolve(null))
    );
    await ca.revoke(middle.files);
    await ca.list(crl);
    await broker.reload();
    await within("the end of who is in", ended);
    await client.endAsync(true);
    for (const listener of ["root", "both"]) {
      await t.step(`after, ${listener}`, async () => {
        const none = [false, false, false, false];
        assert.deepEqual(await entering(listener), none);
      });
    }
  },
);
