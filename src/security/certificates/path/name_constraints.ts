import { DerError, DerReader } from "../der/der.ts";
import { asciiText } from "../der/distinguished_name.ts";
import {
  directoryParts,
  type GeneralName,
  generalName,
  NameKind,
} from "../der/general_names.ts";

/** Which names an authority may issue certificates for (RFC 5280, 4.2.1.10). */
export interface NameConstraints {
  /** Of each kind of name that is in it, one must fit. */
  readonly permitted: readonly GeneralName[];
  /** None may fit. */
  readonly excluded: readonly GeneralName[];
}

/**
 * Reads the content of a nameConstraints extension.
 *
 * @throws {DerError} when it makes no sense, or sets minimum or maximum.
 */
export function readNameConstraints(content: Uint8Array): NameConstraints {
  const both = new DerReader(content).inside();
  const permitted = readSubtrees(both.optional(0xa0)?.content);
  const excluded = readSubtrees(both.optional(0xa1)?.content);
  if (!both.isAtEnd) throw new DerError("more than permitted and excluded");
  return { permitted, excluded };
}

function readSubtrees(content: Uint8Array | undefined): GeneralName[] {
  const names: GeneralName[] = [];
  if (content === undefined) return names;
  const list = new DerReader(content);
  while (!list.isAtEnd) {
    const subtree = list.inside();
    names.push(generalName(subtree.next()));
    if (!subtree.isAtEnd) throw new DerError("a subtree has a minimum");
  }
  return names;
}

/**
 * Returns whether the constraints are about more than DNS names and addresses.
 */
export function areOfOtherNames(constraints: NameConstraints): boolean {
  return [...constraints.permitted, ...constraints.excluded]
    .some(({ kind }) => kind !== NameKind.Dns && kind !== NameKind.Address);
}

/** Counts the comparisons that `allowsNames` may need. */
export function comparisons(
  { permitted, excluded }: NameConstraints,
  names: readonly GeneralName[],
): number {
  return names.length * (permitted.length + excluded.length);
}

/**
 * Returns whether a certificate with `names` may be issued. A name of a kind
 * that is constrained but not understood is refused.
 *
 * @throws {DerError} when a name makes no sense.
 */
export function allowsNames(
  { permitted, excluded }: NameConstraints,
  names: readonly GeneralName[],
): boolean {
  return names.every((name) => {
    const isSame = ({ kind }: GeneralName) => kind === name.kind;
    const good = permitted.filter(isSame);
    const bad = excluded.filter(isSame);
    if (good.length + bad.length === 0) return true;
    const test = FITS.get(name.kind);
    if (test === undefined) return false;
    const isGood = good.length === 0 ||
      good.some((base) => test(name, base, false));
    return isGood && !bad.some((base) => test(name, base, true));
  });
}

/** Returns whether a name lies within a base; in doubt as `isExcluding`. */
type Fits = (
  name: GeneralName,
  base: GeneralName,
  isExcluding: boolean,
) => boolean;

const FITS: ReadonlyMap<number, Fits> = new Map<number, Fits>([
  [NameKind.Directory, (name, base) => {
    const parts = partsOf(name);
    return partsOf(base).every((part, at) => parts[at] === part);
  }],
  [NameKind.Dns, ofTexts(fitsDns)],
  [NameKind.Email, ofTexts(fitsEmail)],
  [NameKind.Uri, ofTexts(fitsUri)],
  [NameKind.Address, ({ content }, base) => fitsAddress(content, base.content)],
]);

/** Names and bases, decoded once: each name meets many bases. */
const texts = new WeakMap<GeneralName, string | null>();
const parts = new WeakMap<GeneralName, string[]>();

function textOf(name: GeneralName): string | null {
  let text = texts.get(name);
  if (text === undefined) {
    text = asciiText(name.content)?.toLowerCase() ?? null;
    texts.set(name, text);
  }
  return text;
}

function partsOf(name: GeneralName): string[] {
  let found = parts.get(name);
  if (found === undefined) {
    found = directoryParts(name.content);
    parts.set(name, found);
  }
  return found;
}

function ofTexts(
  fits: (name: string, base: string, isExcluding: boolean) => boolean,
): Fits {
  return (name, base, isExcluding) => {
    const one = textOf(name);
    const other = textOf(base);
    if (one === null || other === null) return isExcluding;
    return fits(one, other, isExcluding);
  };
}

function fitsDns(name: string, base: string, isExcluding: boolean): boolean {
  if (base === "" || name === base) return true;
  const within = base.startsWith(".") ? base : `.${base}`;
  if (name.endsWith(within)) return true;
  // A name with a wildcard stands for some that may be excluded.
  return isExcluding && name.startsWith("*.") &&
    within.endsWith(name.slice(1));
}

function fitsEmail(name: string, base: string): boolean {
  const host = name.slice(name.lastIndexOf("@") + 1);
  if (base.includes("@")) return name === base;
  return fitsHost(host, base);
}

function fitsUri(name: string, base: string, isExcluding: boolean): boolean {
  const match = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#:@]+)/.exec(name);
  return match === null ? isExcluding : fitsHost(match[1], base);
}

/** One host; with a dot before it, those below it. */
function fitsHost(host: string, base: string): boolean {
  if (base === "") return true;
  return base.startsWith(".") ? host.endsWith(base) : host === base;
}

/** `base` is an address and its mask. */
function fitsAddress(
  name: Uint8Array,
  base: Uint8Array,
): boolean {
  const { length } = name;
  return base.length === 2 * length &&
    name.every((byte, at) => ((byte ^ base[at]) & base[length + at]) === 0);
}
