import assert from "node:assert/strict";
import { ClientCertificates } from "../../src/broker/certificates/client_certificates.ts";
import type { ClientTrust } from "../../src/broker/certificates/client_trust.ts";
import type { ListedCertificates } from "../../src/broker/certificates/listed_certificates.ts";
import type { CertificateState } from "../../src/security/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";

// deno-lint-ignore no-explicit-any
const showing = (listener: string, fingerprint: string): any => ({
  listener: { name: listener, client_certificates: "authorized" },
  isTrusted: true,
  certificate: {
    fingerprint,
    notBefore: 0,
    notAfter: Infinity,
    purposes: null,
  },
  chain: [],
  basis: {},
});

Deno.test("when a list changes, a client that cannot be judged is ended, and all behind it are judged", () => {
  const states = new Map<string, CertificateState>();
  const listed = { stateOf: (fingerprint: string) => states.get(fingerprint) };
  const trust = { revocations: { statusOf: () => "good" } };
  const clients = new ClientCertificates(
    listed as unknown as ListedCertificates,
    new Map([["tls", trust as unknown as ClientTrust]]),
    new ManualClock(),
  );
  const ended: string[] = [];
  for (
    const [name, listener] of [["a", "tls"], ["lost", "no more"], ["z", "tls"]]
  ) {
    states.set(name, "authorized");
    clients.entered(
      { end: (why) => ended.push(`${name} ${why}`) },
      // deno-lint-ignore no-explicit-any
      { showing: showing(listener, name) } as any,
    );
  }
  const faults: Error[] = [];
  states.set("z", "revoked");
  clients.judgeAgain((error) => faults.push(error));
  assert.deepEqual(ended, ["lost unreadable", "z revoked"]);
  assert.equal(faults.length, 1);
});
