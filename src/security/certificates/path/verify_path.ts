import { type KeyObject, X509Certificate } from "node:crypto";
import { isFor, Purpose, type ReadCertificate } from "../der/facts.ts";
import type { LoadedAuthority } from "../identity/load_authorities.ts";
import {
  allowsNames,
  areOfOtherNames,
  comparisons,
  type NameConstraints,
  readNameConstraints,
} from "./name_constraints.ts";
import { type PathFacts, readPathFacts } from "./path_facts.ts";
import { hasSigned } from "../der/signature.ts";

/**
 * Signatures looked at for one path, remembered ones included: else a peer that
 * sends cross-signed authorities makes the search try all their orders.
 */
const MOST_SIGNATURES = 24;

/** Comparisons of a name with a name constraint for one path: some 10 ms. */
const MOST_COMPARISONS = 100_000;

/** Authorities that a peer may send between its certificate and ours. */
const MOST_BETWEEN = 6;

/** A certificate that a peer has sent. */
export interface SentCertificate {
  readonly der: Uint8Array;
  readonly facts: ReadCertificate;
}

/** A path that was found. */
export interface VerifiedPath {
  /** True if an authority of it constrains more than DNS names and addresses. */
  readonly constrainsOtherNames: boolean;
}

/** A certificate of the path, below the authority that is believed. */
interface Step {
  readonly facts: ReadCertificate;
  readonly own: PathFacts;
}

/** A certificate that may issue others of the path. */
interface Issuer extends Step {
  readonly key: KeyObject;
  /** Null for none. */
  readonly constraints: NameConstraints | null;
}

/**
 * Finds a path from `shown` to one of `anchors` that is good for a client at
 * `now` (ms), over authorities among `sent` (RFC 5280, 6.1). Null when there is
 * none. The dates of `anchors` are not looked at; their other limits count.
 */
export function verifyPath(
  shown: SentCertificate,
  sent: readonly SentCertificate[],
  anchors: readonly LoadedAuthority[],
  now: number,
): VerifiedPath | null {
  try {
    return new Search(sent, anchors, now).from(shown);
  } catch {
    // Bytes that make no sense.
    return null;
  }
}

/**
 * Pairs of fingerprints, the second of which has signed the first: devices come
 * again and again, and a signature costs more than all else.
 */
const signatures = new Set<string>();

/** The oldest gives way. */
const MOST_REMEMBERED = 10_000;

function remember(pair: string): void {
  if (signatures.size >= MOST_REMEMBERED) {
    const [oldest] = signatures;
    signatures.delete(oldest);
  }
  signatures.add(pair);
}

class Search {
  readonly #sent: readonly SentCertificate[];
  readonly #anchors: readonly LoadedAuthority[];
  readonly #now: number;
  /** Each is read once, though the search meets it at many steps. */
  readonly #issuers = new Map<ReadCertificate, Issuer | null>();
  #signaturesLeft = MOST_SIGNATURES;
  #comparisonsLeft = MOST_COMPARISONS;

  constructor(
    sent: readonly SentCertificate[],
    anchors: readonly LoadedAuthority[],
    now: number,
  ) {
    this.#sent = sent;
    this.#anchors = anchors;
    this.#now = now;
  }

  from({ der, facts }: SentCertificate): VerifiedPath | null {
    const own = readPathFacts(der);
    // An authority's own certificate is not a client's.
    if (own.isAuthority || !this.#isGood({ facts, own })) return null;
    return this.#climb([{ facts, own }], []);
  }

  /**
   * `path` leads upwards, the client's certificate first; `issuers` are those
   * of its certificates that came after it.
   */
  #climb(
    path: readonly Step[],
    issuers: readonly Issuer[],
  ): VerifiedPath | null {
    const { issuerKey } = path[path.length - 1].facts;
    for (const { certificate, facts } of this.#anchors) {
      if (facts.subjectKey !== issuerKey) continue;
      const anchor = this.#issuer(facts, () => certificate);
      if (anchor === null || !this.#mayIssue(anchor, path, true)) continue;
      return { constrainsOtherNames: [...issuers, anchor].some(constrains) };
    }
    if (path.length > MOST_BETWEEN) return null;
    for (const { der, facts } of this.#sent) {
      if (facts.subjectKey !== issuerKey) continue;
      const upper = this.#issuer(facts, () => new X509Certificate(der));
      if (upper === null || issuers.includes(upper)) continue;
      if (!upper.own.isAuthority || !this.#isGood(upper)) continue;
      if (!this.#mayIssue(upper, path, false)) continue;
      const found = this.#climb([...path, upper], [...issuers, upper]);
      if (found !== null) return found;
    }
    return null;
  }

  /** Returns null for a certificate that cannot be read: others may do. */
  #issuer(
    facts: ReadCertificate,
    certificate: () => X509Certificate,
  ): Issuer | null {
    let found = this.#issuers.get(facts);
    if (found === undefined) {
      found = readIssuer(facts, certificate);
      this.#issuers.set(facts, found);
    }
    return found;
  }

  /** Returns whether a certificate that was sent may be in a path at all. */
  #isGood({ facts, own }: Step): boolean {
    return own.unknown === null && this.#now >= facts.notBefore &&
      this.#now <= facts.notAfter && isFor(facts, Purpose.Client);
  }

  #mayIssue(
    { key, facts, own, constraints }: Issuer,
    path: readonly Step[],
    isAnchor: boolean,
  ): boolean {
    const between = path.length - 1;
    const below = path[between];
    // In `ca` may be a client's own certificate, which has signed itself, or
    // an authority from before there were extensions.
    const isBelieved = own.mayIssue || isAnchor &&
        (own.isPlain || facts.fingerprint === below.facts.fingerprint);
    if (!isBelieved) return false;
    if (own.pathLength !== null && between > own.pathLength) return false;
    if (constraints !== null && !this.#allows(constraints, path)) return false;
    if (this.#signaturesLeft-- <= 0) return false;
    const pair = `${below.facts.fingerprint} ${facts.fingerprint}`;
    if (signatures.has(pair)) return true;
    if (!hasSigned(key, below.own)) return false;
    remember(pair);
    return true;
  }

  #allows(constraints: NameConstraints, path: readonly Step[]): boolean {
    return path.every(({ own: { names } }) => {
      this.#comparisonsLeft -= comparisons(constraints, names);
      return this.#comparisonsLeft >= 0 && allowsNames(constraints, names);
    });
  }
}

function readIssuer(
  facts: ReadCertificate,
  certificate: () => X509Certificate,
): Issuer | null {
  try {
    const { publicKey, raw } = certificate();
    const own = readPathFacts(new Uint8Array(raw));
    const constraints = own.constraints === null
      ? null
      : readNameConstraints(own.constraints);
    return { key: publicKey, facts, own, constraints };
  } catch {
    return null;
  }
}

function constrains({ constraints }: Issuer): boolean {
  return constraints !== null && areOfOtherNames(constraints);
}
