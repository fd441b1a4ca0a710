import {
  type FindPlace,
  hasTls,
  type ListenerSettings,
  problemAt,
  type Settings,
} from "../../config/mod.ts";
import {
  CertificateError,
  isStale,
  loadAuthorities,
  loadIdentity,
  loadRevocations,
} from "../../security/certificates/mod.ts";
import type { Findings } from "../status/findings.ts";
import { dateFault } from "./certificate_expiry.ts";
import { staleText } from "./client_trust.ts";

/**
 * Returns the faults of the certificates, keys, authorities and revocation lists
 * that listeners name; those of dates at `now` (ms since 1970) are warnings.
 * `find` says where a setting was given. Makes nothing: what the broker issues
 * itself is left alone.
 */
export async function certificateFindings(
  settings: Settings,
  find: FindPlace,
  now: number,
): Promise<Findings> {
  const findings: Findings = { problems: [], warnings: [] };
  for (const [index, listener] of settings.listener.entries()) {
    if (!hasTls(listener)) continue;
    for (const [inside, attempt] of attempts(listener, now)) {
      const path = ["listener", index, ...inside];
      try {
        for (const text of await attempt()) {
          if (text === null) continue;
          findings.warnings.push(problemAt(path, text, find));
        }
      } catch (error) {
        if (!(error instanceof CertificateError)) throw error;
        findings.problems.push(problemAt(path, error.message, find));
      }
    }
  }
  return findings;
}

type Attempt = readonly [
  inside: readonly (string | number)[],
  /** Resolves to warnings; rejects with `CertificateError`. */
  attempt: () => Promise<(string | null)[]>,
];

/**
 * Returns what is read for one listener, each with the setting that names it.
 */
function attempts(listener: ListenerSettings, now: number): Attempt[] {
  const { ca, crl, certificate } = listener;
  const identity = (pair: Parameters<typeof loadIdentity>[0]) => async () => {
    const { facts } = await loadIdentity(pair);
    return [
      dateFault({ ...facts, what: `the certificate ${facts.subject}` }, now),
    ];
  };
  const all: Attempt[] = certificate.map((
    pair,
    at,
  ) => [["certificate", at, "cert"], identity(pair)]);
  if (listener.cert !== "") all.unshift([["cert"], identity(listener)]);
  if (listener.client_certificates === "off") return all;
  for (const file of ca) {
    const load = async () =>
      (await loadAuthorities([file])).map(({ facts, path }) => {
        const what = `the authority ${facts.subject} in ${path}`;
        return dateFault({ ...facts, what }, now);
      });
    all.push([["ca"], load]);
  }
  // Without its authority a list cannot be judged; the one in use may be ours.
  if (ca.length === 0) return all;
  for (const path of crl) {
    const load = async () => {
      const lists = await loadRevocations(path, await loadAuthorities(ca));
      const stale = lists.some((one) => isStale(one, now));
      return stale ? [staleText(path, listener)] : [];
    };
    all.push([["crl"], load]);
  }
  return all;
}
