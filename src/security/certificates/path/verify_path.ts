import { type KeyObject, X509Certificate } from "node:crypto";
import { isFor, Purpose, type ReadCertificate } from "../der/facts.ts";
import type { LoadedAuthority } from "../identity/load_authorities.ts";
import {
  allowsNames,
  areOfOtherNames,
  readNameConstraints,
} from "./name_constraints.ts";
import { type PathFacts, readPathFacts } from "./path_facts.ts";
import { hasSigned } from "../der/signature.ts";

/** Signatures looked at for one path: a peer chooses what it sends. */
const MOST_SIGNATURES = 24;

/** Authorities that a peer may send between its certificate and ours. */
const MOST_BETWEEN = 6;

/** A certificate that a peer has sent. */
export interface SentCertificate {
  readonly der: Uint8Array;
  readonly facts: ReadCertificate;
}

/** A path that was found. */
export interface VerifiedPath {
  /** Whether an authority of it constrains more than DNS names and addresses. */
  readonly constrainsOtherNames: boolean;
}

/** A certificate of the path, below the authority that is believed. */
interface Step {
  readonly facts: ReadCertificate;
  readonly own: PathFacts;
}

/** What may issue a certificate of the path. */
interface Issuer {
  readonly key: KeyObject;
  readonly facts: ReadCertificate;
  readonly own: PathFacts;
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
  #left = MOST_SIGNATURES;

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
    return this.#climb([{ facts, own }]);
  }

  /** `path` leads upwards, the client's certificate first. */
  #climb(path: readonly Step[]): VerifiedPath | null {
    const { issuerKey } = path[path.length - 1].facts;
    for (const { certificate, facts } of this.#anchors) {
      if (facts.subjectKey !== issuerKey) continue;
      const own = readPathFacts(new Uint8Array(certificate.raw));
      const anchor = { key: certificate.publicKey, facts, own };
      if (!this.#mayIssue(anchor, path, true)) continue;
      return { constrainsOtherNames: constrains([...path, anchor]) };
    }
    if (path.length > MOST_BETWEEN) return null;
    for (const { der, facts } of this.#sent) {
      if (facts.subjectKey !== issuerKey) continue;
      const isThere = path.some((one) =>
        one.facts.fingerprint === facts.fingerprint
      );
      if (isThere) continue;
      const own = readPathFacts(der);
      if (!own.isAuthority || !this.#isGood({ facts, own })) continue;
      const key = new X509Certificate(der).publicKey;
      if (!this.#mayIssue({ key, facts, own }, path, false)) continue;
      const found = this.#climb([...path, { facts, own }]);
      if (found !== null) return found;
    }
    return null;
  }

  /** Whether a certificate that was sent may be in a path at all. */
  #isGood({ facts, own }: Step): boolean {
    return own.unknown === null && this.#now >= facts.notBefore &&
      this.#now <= facts.notAfter && isFor(facts, Purpose.Client);
  }

  #mayIssue(
    { key, facts, own }: Issuer,
    path: readonly Step[],
    isAnchor: boolean,
  ): boolean {
    const between = path.length - 1;
    const { fingerprint } = path[between].facts;
    // In `ca` may be a client's own certificate, which has signed itself, or
    // an authority from before there were extensions.
    const isBelieved = own.mayIssue ||
      isAnchor && (own.isPlain || facts.fingerprint === fingerprint);
    if (!isBelieved) return false;
    if (own.pathLength !== null && between > own.pathLength) return false;
    if (own.constraints !== null) {
      const constraints = readNameConstraints(own.constraints);
      if (!path.every((one) => allowsNames(constraints, one.own.names))) {
        return false;
      }
    }
    const below = path[between];
    const pair = `${below.facts.fingerprint} ${facts.fingerprint}`;
    if (signatures.has(pair)) return true;
    if (this.#left-- <= 0 || !hasSigned(key, below.own)) return false;
    remember(pair);
    return true;
  }
}

function constrains(path: readonly { readonly own: PathFacts }[]): boolean {
  return path.some(({ own: { constraints } }) =>
    constraints !== null && areOfOtherNames(readNameConstraints(constraints))
  );
}
