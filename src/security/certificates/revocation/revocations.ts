import type { ReadCertificate } from "../der/facts.ts";
import type { RevocationList } from "./revocation_list.ts";

/**
 * Status by the issuers' lists: `stale` when the needed list has expired,
 * `missing` when the client's own issuer has none.
 */
export type RevocationStatus = "good" | "revoked" | "stale" | "missing";

/** The key of a certificate in revocation lists. */
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
   * Returns what is said of a certificate and of those it was issued by; `now`
   * in ms. An issuer without a list revokes nothing. Of several lists of one
   * issuer all count, and the newest tells whether they are out of date. A list
   * that begins after `now` is as good as one that has ended (RFC 5280,
   * 5.1.2.4).
   */
  statusOf(chain: readonly Issued[], now: number): RevocationStatus {
    let isAnyStale = false;
    for (const { issuerKey, serial } of chain) {
      const lists = this.#byIssuer.get(issuerKey);
      if (lists === undefined) continue;
      if (lists.some((one) => one.serials.has(serial))) return "revoked";
      if (lists.every((one) => isStale(one, now) || one.thisUpdate > now)) {
        isAnyStale = true;
      }
    }
    if (isAnyStale) return "stale";
    const [own] = chain;
    return own !== undefined && !this.#byIssuer.has(own.issuerKey)
      ? "missing"
      : "good";
  }
}

/** Returns whether there should be a newer list at `now` (ms). */
export function isStale(
  { nextUpdate }: Pick<RevocationList, "nextUpdate">,
  now: number,
): boolean {
  return nextUpdate !== null && nextUpdate < now;
}
