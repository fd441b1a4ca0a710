import { createHash } from "node:crypto";

/** Chains that are remembered; who came longest ago gives way. */
const MOST = 10_000;

/** What a peer showed: its certificate, then those it sent behind it, DER. */
export type ShownChain = readonly Uint8Array[];

/**
 * Chains that some authorities were found to vouch for. A client that resumes
 * a session shows what it showed when the session began, and nobody verifies
 * it again [RFC 8446 §2.2]: the runtime then calls everything good, also what
 * it had found to be bad. So only what was good then is good now.
 */
export class VerifiedChains {
  /** When each chain ends, in ms since 1970, in the order they came. */
  readonly #ends = new Map<string, number>();

  /** How many are remembered. */
  get size(): number {
    return this.#ends.size;
  }

  /** `chain` was verified now; the first of it to end does so at `end` (ms). */
  add(chain: ShownChain, end: number): void {
    const key = keyOf(chain);
    this.#ends.delete(key);
    if (this.#ends.size >= MOST) {
      const [oldest] = this.#ends.keys();
      this.#ends.delete(oldest);
    }
    this.#ends.set(key, end);
  }

  /** Whether `chain` was verified and has not ended at `now` (ms). */
  has(chain: ShownChain, now: number): boolean {
    const end = this.#ends.get(keyOf(chain));
    return end !== undefined && now <= end;
  }
}

function keyOf(chain: ShownChain): string {
  const hash = createHash("sha256");
  // The lengths keep bytes from moving from one certificate to the next.
  for (const der of chain) hash.update(`${der.length};`).update(der);
  return hash.digest("base64");
}
