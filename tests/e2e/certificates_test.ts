import assert from "node:assert/strict";
import type { CertificateState } from "../../src/security/authority/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import {
  type Authority,
  CLIENT,
  type Made,
  SERVER,
  Workshop,
} from "../support/workshop.ts";
import { CertificateBroker, type Listeners } from "./certificate_broker.ts";
import { putOnList } from "./certificate_list.ts";
import { opensslEnters } from "./openssl_client.ts";
import { opensslProgram, testWith } from "./programs.ts";
import { stolen } from "./stolen_key.ts";

const modes = [
  "off",
  "optional",
  "required",
  "authorized",
  "authorized-any-issuer",
] as const;

const KEYLESS = "listed, without its key";

/** A client of the table: what it shows, and which modes let it in. */
interface Row {
  readonly name: string;
  /** Null shows nothing. */
  readonly show: Made | null;
  /** `openssl s_client` sends this behind the certificate. */
  readonly chain?: string;
  readonly state?: CertificateState;
  /** A letter a mode, in their order: `y` enters. */
  readonly enters: string;
}

async function rows(
  workshop: Workshop,
  ca: Authority,
): Promise<Row[]> {
  const issue = (name: string, wish = {}) =>
    ca.issue(name, { extensions: CLIENT, ...wish });
  const middle = await workshop.authority("middle", ca);
  const other = await workshop.authority("other");
  const back = await issue("taken-back");
  await ca.revoke(back);
  const own = await workshop.selfSigned("own");
  const state = "authorized";
  const thief = await workshop.selfSigned("thief");
  return [
    { name: "none", show: null, enters: "yynnn" },
    { name: "unlisted", show: await issue("unlisted"), enters: "yyynn" },
    { name: "listed", show: await issue("listed"), state, enters: "yyyyy" },
    {
      ...{ name: "pending", show: await issue("pending") },
      ...{ state: "pending", enters: "yyynn" },
    },
    {
      ...{ name: "revoked", show: await issue("revoked") },
      ...{ state: "revoked", enters: "ynnnn" },
    },
    { name: "revoked by CRL", show: back, state, enters: "ynnnn" },
    {
      ...{ name: "expired", show: await issue("old", { from: -9, to: -1 }) },
      ...{ state, enters: "ynnnn" },
    },
    {
      ...{ name: "not yet valid", show: await issue("new", { from: 2 }) },
      ...{ state, enters: "ynnnn" },
    },
    {
      ...{ name: "wrong usage", state, enters: "ynnnn" },
      show: await issue("usage", { extensions: SERVER }),
    },
    {
      ...{ name: "by an intermediate", state, enters: "yyyyy" },
      show: await middle.issue("below", { extensions: CLIENT }),
      chain: middle.files.cert,
    },
    {
      ...{ name: "unknown authority", enters: "ynnnn" },
      show: await other.issue("stranger", { extensions: CLIENT }),
    },
    {
      ...{ name: "unknown authority, listed", state, enters: "ynnny" },
      show: await other.issue("friend", { extensions: CLIENT }),
    },
    {
      ...{ name: "self-signed", enters: "ynnnn" },
      show: await workshop.selfSigned("self"),
    },
    { name: "self-signed, listed", show: own, state, enters: "ynnny" },
    {
      ...{ name: "self-signed, revoked", state: "revoked", enters: "ynnnn" },
      show: await workshop.selfSigned("own-revoked"),
    },
    {
      // Certificates are no secret: whoever shows one must hold its key.
      ...{ name: KEYLESS, enters: "ynnnn" },
      show: await stolen(workshop, own, thief),
    },
  ];
}

const title =
  "every mode of client_certificates with every kind of certificate";

testWith([opensslProgram], title, async (t) => {
  await using workshop = await Workshop.open();
  const ca = await workshop.authority("ca");
  const server = await ca.issue("server", { extensions: SERVER });
  const all = await rows(workshop, ca);
  const crl = workshop.path("ca.crl");
  await ca.list(crl);
  for (const { show, state } of all) {
    if (state !== undefined) await putOnList(workshop, show!, state);
  }
  const listeners: Listeners = Object.fromEntries(modes.map((mode) => [mode, {
    ...server,
    client_certificates: mode,
    ...mode === "off" ? {} : { ca: [ca.files.cert], crl: [crl] },
  }]));
  // A minute has few lines about one address.
  const clock = new ManualClock(Date.now());
  await using broker = await CertificateBroker.start(workshop, listeners, {
    clock,
  });
  for (const { name, show, chain, enters } of all) {
    for (const [index, mode] of modes.entries()) {
      const isIn = enters[index] === "y";
      await t.step(`${mode}, ${name}: ${isIn ? "in" : "refused"}`, async () => {
        clock.advance(60_000);
        const args = show === null
          ? []
          : ["-cert", show.cert, "-key", show.key];
        if (chain !== undefined) args.push("-cert_chain", chain);
        assert.equal(await opensslEnters(broker.port(mode), args), isIn);
        // TLS itself turns away whoever does not hold the key.
        if (name === KEYLESS && !isIn) return;
        const why = await broker.closed.next();
        assert.equal(why === "certificate-refused", !isIn, why);
      });
    }
  }
});
