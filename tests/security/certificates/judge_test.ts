import assert from "node:assert/strict";
import {
  type CertificateCase,
  type CertificateMode,
  type CertificateRefusal,
  judgeCertificate,
} from "../../../src/security/certificates/mod.ts";

const NOW = 1_000_000;
const CLIENT = "1.3.6.1.5.5.7.3.2";
const SERVER = "1.3.6.1.5.5.7.3.1";
const ANY = "2.5.29.37.0";

const sound = { notBefore: NOW - 1, notAfter: NOW + 1, purposes: [CLIENT] };

/** What nothing speaks against. */
const friend: Omit<CertificateCase, "mode"> = {
  certificate: sound,
  isTrusted: true,
  state: "authorized",
  revocation: "good",
  refusesStale: true,
  refusesUnlisted: true,
  now: NOW,
};

const asking: readonly CertificateMode[] = [
  "optional",
  "required",
  "authorized",
  "authorized-any-issuer",
];
const listing = asking.slice(2);

function judged(
  modes: readonly CertificateMode[],
  change: Partial<CertificateCase>,
  expected: CertificateRefusal | null,
): void {
  for (const mode of modes) {
    const refusal = judgeCertificate({ ...friend, ...change, mode });
    assert.equal(refusal, expected, `${mode}, ${JSON.stringify(change)}`);
  }
}

Deno.test("judge: a friend comes in everywhere, and off asks nobody", () => {
  judged(asking, {}, null);
  judged(["off"], { state: "revoked", isTrusted: false }, null);
  judged(["off"], { certificate: null }, null);
});

Deno.test("judge: without a certificate only optional lets in", () => {
  judged(["optional"], { certificate: null }, null);
  judged(asking.slice(1), { certificate: null }, "missing");
});

Deno.test("judge: what the list says counts where it is asked, revoked everywhere", () => {
  judged(["optional", "required"], { state: null }, null);
  judged(["optional", "required"], { state: "pending" }, null);
  judged(listing, { state: null }, "unknown");
  judged(listing, { state: "pending" }, "pending");
  judged(asking, { state: "revoked" }, "revoked");
});

Deno.test("judge: who is not trusted comes in only where any issuer will do", () => {
  judged(asking.slice(0, 3), { isTrusted: false }, "untrusted");
  judged(["authorized-any-issuer"], { isTrusted: false }, null);
  const stranger = { isTrusted: false, state: null };
  judged(["authorized-any-issuer"], stranger, "unknown");
  judged(["authorized"], stranger, "untrusted");
});

Deno.test("judge: dates are inclusive, and count in every mode", () => {
  const at = (notBefore: number, notAfter: number) => ({
    certificate: { ...sound, notBefore, notAfter },
  });
  judged(asking, at(NOW, NOW), null);
  judged(asking, at(NOW + 1, NOW + 2), "not-yet-valid");
  judged(asking, at(NOW - 2, NOW - 1), "expired");
});

Deno.test("judge: a certificate must be for clients, or for everything", () => {
  const of = (purposes: string[] | null) => ({
    certificate: { ...sound, purposes },
  });
  judged(asking, of(null), null);
  judged(asking, of([ANY]), null);
  judged(asking, of([SERVER, CLIENT]), null);
  judged(asking, of([SERVER]), "wrong-usage");
  judged(asking, of([]), "wrong-usage");
});

Deno.test("judge: revocation lists count in every mode, stale and missing ones as set", () => {
  judged(asking, { revocation: "revoked" }, "revoked-by-issuer");
  judged(asking, { revocation: "stale" }, "crl-expired");
  judged(asking, { revocation: "stale", refusesStale: false }, null);
  judged(asking, { revocation: "missing" }, "crl-missing");
  judged(asking, { revocation: "missing", refusesUnlisted: false }, null);
});

Deno.test("judge: revocation is told before all other faults", () => {
  const wrong: Partial<CertificateCase> = {
    certificate: { notBefore: NOW + 1, notAfter: NOW - 1, purposes: [] },
    isTrusted: false,
    revocation: "revoked",
  };
  judged(asking, { ...wrong, state: "revoked" }, "revoked");
  judged(asking, { ...wrong, state: null }, "revoked-by-issuer");
});
