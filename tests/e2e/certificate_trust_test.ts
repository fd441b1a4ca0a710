import assert from "node:assert/strict";
import { within } from "../support/wait.ts";
import {
  type Authority,
  CLIENT,
  type Made,
  SERVER,
  Workshop,
} from "../support/workshop.ts";
import { CertificateBroker } from "./certificate_broker.ts";
import { putOnList } from "./certificate_list.ts";
import { connectMqttJs } from "./mqttjs_client.ts";
import { opensslEnters } from "./openssl_client.ts";
import { opensslProgram, testWith } from "./programs.ts";

const programs = [opensslProgram];
const versions = ["-tls1_2", "-tls1_3"];

function showing({ cert, key }: Made, chain?: string): string[] {
  const above = chain === undefined ? [] : ["-cert_chain", chain];
  return ["-cert", cert, "-key", key, ...above];
}

async function furnished(): Promise<
  { workshop: Workshop; ca: Authority; server: Made }
> {
  const workshop = await Workshop.open();
  const ca = await workshop.authority("ca");
  const server = await ca.issue("server", { extensions: SERVER });
  return { workshop, ca, server };
}

/** A client that stays; `ended` resolves when the broker ends it. */
async function staying(
  broker: CertificateBroker,
  ca: string,
  { cert, key }: Made,
) {
  const read = (file: string) => Deno.readTextFile(file);
  const url = `mqtts://127.0.0.1:${broker.port("tls")}`;
  const client = await connectMqttJs(url, {
    ...{ ca: await read(ca), cert: await read(cert), key: await read(key) },
    reconnectPeriod: 0,
  });
  const ended = new Promise<void>((resolve) => client.once("close", resolve));
  return { client, ended };
}

testWith(
  programs,
  "narrowed trust ends who is connected, and nobody else",
  async (t) => {
    const { workshop, ca, server } = await furnished();
    await using _ = workshop;
    const other = await workshop.authority("other");
    const middle = await workshop.authority("middle", ca);
    const crl = workshop.path("ca.crl");
    await ca.revoke(middle.files);
    await ca.list(crl);
    const mine = await ca.issue("mine", { extensions: CLIENT });
    const theirs = await other.issue("theirs", { extensions: CLIENT });
    const below = await middle.issue("below", { extensions: CLIENT });
    const unknown = await workshop.selfSigned("unknown");
    const both = [ca.files.cert, other.files.cert];
    const all = { ...server, client_certificates: "required" } as const;
    const chain = [...both, middle.files.cert];
    const narrowing: [
      what: string,
      before: object,
      after: object,
      goes: Made,
      stays: Made,
    ][] = [
      ["an authority less", { ca: both }, { ca: both.slice(1) }, mine, theirs],
      [
        "a revocation list that has the authority between",
        { ca: chain },
        { ca: chain, crl: [crl] },
        below,
        mine,
      ],
      [
        "an authority less where a certificate is optional",
        { ca: both, client_certificates: "optional" },
        { ca: both.slice(1), client_certificates: "optional" },
        mine,
        theirs,
      ],
    ];
    for (const [what, before, after, goes, stays] of narrowing) {
      await t.step(what, async () => {
        await using broker = await CertificateBroker.start(workshop, {
          tls: { ...all, ...before },
        });
        const gone = await staying(broker, ca.files.cert, goes);
        const kept = await staying(broker, ca.files.cert, stays);
        await broker.change({ tls: { ...all, ...after } });
        await within("the end of who is in", gone.ended);
        await kept.client.publishAsync("still", "there", { qos: 1 });
        await gone.client.endAsync(true);
        await kept.client.endAsync(true);
      });
    }
    await t.step("by the file of the authorities alone", async () => {
      const file = workshop.path("trusted.pem");
      const read = async (files: readonly string[]) =>
        (await Promise.all(files.map((one) => Deno.readTextFile(one)))).join(
          "",
        );
      await Deno.writeTextFile(file, await read(both));
      await using broker = await CertificateBroker.start(workshop, {
        tls: { ...all, ca: [file] },
      });
      const gone = await staying(broker, ca.files.cert, mine);
      const kept = await staying(broker, ca.files.cert, theirs);
      await Deno.writeTextFile(file, await read(both.slice(1)));
      await broker.reload();
      await within("the end of who is in", gone.ended);
      await kept.client.publishAsync("still", "there", { qos: 1 });
      await gone.client.endAsync(true);
      await kept.client.endAsync(true);
    });
    await t.step("authorized-any-issuer becomes required", async () => {
      await putOnList(workshop, unknown, "authorized");
      await putOnList(workshop, mine, "authorized");
      const tls = { ...server, ca: [ca.files.cert] };
      await using broker = await CertificateBroker.start(workshop, {
        tls: { ...tls, client_certificates: "authorized-any-issuer" },
      });
      const gone = await staying(broker, ca.files.cert, unknown);
      const kept = await staying(broker, ca.files.cert, mine);
      await broker.change({ tls: { ...tls, client_certificates: "required" } });
      await within("the end of who is in", gone.ended);
      await kept.client.publishAsync("still", "there", { qos: 1 });
      await gone.client.endAsync(true);
      await kept.client.endAsync(true);
    });
  },
);

testWith(
  programs,
  "after an authority is added, a resumed session is verified anew",
  async (t) => {
    const { workshop, ca, server } = await furnished();
    await using _ = workshop;
    const other = await workshop.authority("other");
    const middle = await workshop.authority("middle", ca);
    const friend = await middle.issue("friend", { extensions: CLIENT });
    const stranger = await other.issue("stranger", { extensions: CLIENT });
    const listeners = (...all: Authority[]) => {
      const listener = {
        ...{ ...server, ca: all.map(({ files }) => files.cert) },
        client_certificates: "required",
      } as const;
      return { tls: listener, one: { ...listener, one_port: true } };
    };
    for (const name of ["tls", "one"]) {
      for (const version of versions) {
        await t.step(`${name} ${version}`, async () => {
          await using broker = await CertificateBroker.start(
            workshop,
            listeners(ca),
          );
          const port = broker.port(name);
          const session = (who: string) => workshop.path(`${who}.session`);
          const enters = (who: Made, file: string, way: string) =>
            opensslEnters(port, [
              ...showing(who, middle.files.cert),
              ...[version, way, session(file)],
            ]);
          assert.ok(await enters(friend, "friend", "-sess_out"));
          assert.ok(!await enters(stranger, "stranger", "-sess_out"));
          await broker.change(listeners(ca, other));
          for (let time = 0; time < 2; time++) {
            assert.ok(await enters(friend, "friend", "-sess_in"));
            assert.ok(await enters(stranger, "stranger", "-sess_in"));
          }
          await broker.change(listeners(ca));
          assert.ok(await enters(friend, "friend", "-sess_in"));
          assert.ok(!await enters(stranger, "stranger", "-sess_in"));
        });
      }
    }
  },
);

testWith(
  programs,
  "an authority that constrains directory names issues those that fit",
  async (t) => {
    const { workshop, ca, server } = await furnished();
    await using _ = workshop;
    const middle = await ca.issue("constrained", {
      extensions: [
        "basicConstraints=critical,CA:TRUE",
        "keyUsage=critical,keyCertSign",
        "nameConstraints=critical,permitted;dirName:works",
        "[works]",
        "O=Works",
      ],
    });
    const wish = { extensions: CLIENT };
    const make = (name: string, subject: string) =>
      workshop.signedBy(middle, name, { ...wish, subject });
    const fits = await make("fits", "/O=Works/CN=pump");
    const alike = await make("alike", "/O=WORKS/CN=pump");
    const outside = await make("outside", "/O=Others/CN=pump");
    const nameless = await make("nameless", "/CN=pump");
    await using broker = await CertificateBroker.start(workshop, {
      tls: { ...server, ca: [ca.files.cert], client_certificates: "required" },
    });
    for (const version of versions) {
      await t.step(version, async () => {
        const all: boolean[] = [];
        for (const made of [fits, alike, outside, nameless]) {
          for (const way of ["-sess_out", "-sess_in"]) {
            const session = `${made.cert}.${version}.session`;
            all.push(
              await opensslEnters(broker.port("tls"), [
                ...showing(made, middle.cert),
                ...[version, way, session],
              ]),
            );
          }
        }
        assert.deepEqual(all, [
          ...[true, true, true, true],
          ...[false, false, false, false],
        ]);
      });
    }
  },
);
