import {
  type FindPlace,
  hasTls,
  type ListenerSettings,
  type Problem,
  problemAt,
  type Settings,
} from "../../config/mod.ts";
import {
  CertificateError,
  loadAuthorities,
  loadIdentity,
  loadRevocations,
} from "../../security/certificates/mod.ts";

/**
 * Returns the faults that keep a start from using the certificates, keys,
 * authorities and revocation lists that listeners name. `find` says where a
 * setting was given. Makes nothing: what the broker issues itself is left
 * alone.
 */
export async function certificateProblems(
  settings: Settings,
  find: FindPlace,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const [index, listener] of settings.listener.entries()) {
    if (!hasTls(listener)) continue;
    for (const [inside, attempt] of attempts(listener)) {
      try {
        await attempt();
      } catch (error) {
        if (!(error instanceof CertificateError)) throw error;
        const path = ["listener", index, ...inside];
        problems.push(problemAt(path, error.message, find));
      }
    }
  }
  return problems;
}

type Attempt = readonly [
  inside: readonly (string | number)[],
  attempt: () => Promise<unknown>,
];

/**
 * Returns what is read for one listener, each with the setting that names it.
 */
function attempts(listener: ListenerSettings): Attempt[] {
  const { ca, crl, certificate } = listener;
  const all: Attempt[] = certificate.map((
    pair,
    at,
  ) => [["certificate", at, "cert"], () => loadIdentity(pair)]);
  if (listener.cert !== "") {
    all.unshift([["cert"], () => loadIdentity(listener)]);
  }
  if (listener.client_certificates === "off") return all;
  for (const path of ca) all.push([["ca"], () => loadAuthorities([path])]);
  // Without its authority a list cannot be judged; the one in use may be ours.
  if (ca.length === 0) return all;
  for (const path of crl) {
    const load = async () => {
      await loadRevocations(path, await loadAuthorities(ca));
    };
    all.push([["crl"], load]);
  }
  return all;
}
