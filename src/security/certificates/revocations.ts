import type { ReadCertificate } from "./facts.ts";
import type { RevocationList } from "./revocation_list.ts";

/** What the issuers' lists say: `stale` when the one asked is out of date. */
export type RevocationStatus = "good" | "revoked" | "stale";

/** What is looked up of a certificate. */
export type Issued = Pick<ReadCertificate, "issuerKey" | "serial">;

/** All revocation lists of a listener, by issuer. */
export class Revocations {
  readonly #byIssuer = new Map<string, RevocationList[]>();

  /** All that count for the listener, verified. */
  constructor(lists: readonly RevocationList[]) {
    for (const list of lists) {
      const same = this.#byIssuer.get(list.issuerKey);
      if (same === undefined) this.#byIssuer.set(list.issuerKey, [list]);
      else same.push(list);
    }
  }

  /**
   * What is said of a certificate and of those it was issued by; `now` in ms.
   * An issuer without a list revokes nothing. Of several lists of one issuer
   * all count, and the newest tells whether they are out of date.
   */
  statusOf(chain: readonly Issued[], now: number): RevocationStatus {
    let status: RevocationStatus = "good";
    for (const { issuerKey, serial } of chain) {
      const lists = this.#byIssuer.get(issuerKey);
      if (lists === undefined) continue;
      if (lists.some((one) => one.serials.has(serial))) return "revoked";
      if (lists.every((one) => isStale(one, now))) status = "stale";
    }
    return status;
  }
}

/** Whether there should be a newer list at `now` (ms). */
export function isStale(
  { nextUpdate }: Pick<RevocationList, "nextUpdate">,
  now: number,
): boolean {
  return nextUpdate !== null && nextUpdate < now;
}
