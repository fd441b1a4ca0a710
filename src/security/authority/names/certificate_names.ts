import { AuthorityError } from "../keys/authority_error.ts";
import { isAddress } from "./addresses.ts";
import type { X509 } from "../keys/x509.ts";

/** Names in a certificate, beside its common name. */
export interface CertificateNames {
  /** Host names; `*.` at the start stands for one label. */
  readonly dns: readonly string[];
  /** IP addresses. */
  readonly ip: readonly string[];
  /** Mail addresses. */
  readonly email: readonly string[];
}

/** No names at all. */
export const noNames: CertificateNames = { dns: [], ip: [], email: [] };

/** Labels of letters, digits and hyphens, each of 63 at most (RFC 1035, 2.3). */
const hostName =
  /^(?=.{1,253}$)(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?)(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?)*$/i;

/** Printable ASCII with one `@` (RFC 5280, 4.2.1.6: an IA5String). */
const mail = /^[!-?A-~]{1,64}@[!-?A-~]{1,255}$/;

/** Longest common name (RFC 5280, appendix A.1, ub-common-name). */
const MOST_NAME = 64;

/** Returns whether `text` can stand as a host name in a certificate. */
export function isHostName(text: string): boolean {
  return hostName.test(text) && !isAddress(text);
}

/**
 * Makes sure that these names can stand in a certificate.
 *
 * @throws {AuthorityError} `unsuitable`, naming the first that cannot.
 */
export function checkNames(names: CertificateNames): void {
  const kinds: readonly [
    readonly string[],
    (one: string) => boolean,
    string,
  ][] = [
    [names.dns, isHostName, 'a host name like "broker.example"'],
    [names.ip, isAddress, 'an IP address like "192.0.2.1" or "2001:db8::1"'],
    [names.email, (one) => mail.test(one), 'a mail address like "a@b.example"'],
  ];
  for (const [list, isRight, what] of kinds) {
    const wrong = list.find((one) => !isRight(one));
    if (wrong === undefined) continue;
    throw new AuthorityError(
      "unsuitable",
      `${
        JSON.stringify(wrong)
      } cannot stand in a certificate there: give ${what}`,
    );
  }
}

/**
 * Makes sure that `name` can be a common name: 1 to 64 characters, none of them
 * a control character, which could make one name look like another.
 *
 * @throws {AuthorityError} `unsuitable`
 */
export function checkCommonName(name: string): void {
  const length = [...name].length;
  if (length >= 1 && length <= MOST_NAME && !/\p{C}/u.test(name)) return;
  throw new AuthorityError(
    "unsuitable",
    `${JSON.stringify(name)} cannot be the name in a certificate: give 1 to ` +
      `${MOST_NAME} characters, no control characters among them`,
  );
}

/**
 * Returns the names of a server called `name`, that among them: clients look
 * for it there, and not at the common name (RFC 9525, 6.2).
 *
 * @throws {AuthorityError} `unsuitable` when no client could find it
 */
export function serverNames(
  name: string,
  names: CertificateNames,
): CertificateNames {
  const added = (list: readonly string[]) =>
    list.includes(name) ? list : [name, ...list];
  if (isAddress(name)) return { ...names, ip: added(names.ip) };
  if (isHostName(name)) return { ...names, dns: added(names.dns) };
  if (names.dns.length + names.ip.length > 0) return names;
  throw new AuthorityError(
    "unsuitable",
    `${JSON.stringify(name)} is no host name, and no client would find it: ` +
      "say under which names the server is reached, with --dns or --ip",
  );
}

/**
 * Returns the names as an extension (RFC 5280, 4.2.1.6); none where there are
 * none.
 */
export function namesExtension(
  { SubjectAlternativeNameExtension }: X509,
  names: CertificateNames,
): InstanceType<X509["Extension"]>[] {
  const all = [
    ...names.dns.map((value) => ({ type: "dns" as const, value })),
    ...names.ip.map((value) => ({ type: "ip" as const, value })),
    ...names.email.map((value) => ({ type: "email" as const, value })),
  ];
  return all.length === 0 ? [] : [new SubjectAlternativeNameExtension(all)];
}

/**
 * Returns what a certificate or a request says in its extension `found`, by
 * kind; other kinds of name are left out.
 */
export function namesOf(
  { SubjectAlternativeNameExtension }: X509,
  found: InstanceType<X509["Extension"]> | null,
): CertificateNames {
  if (found === null) return noNames;
  const all = new SubjectAlternativeNameExtension(found.rawData).names.toJSON();
  const ofKind = (kind: string) =>
    all.filter((one) => one.type === kind).map((one) => String(one.value));
  return { dns: ofKind("dns"), ip: ofKind("ip"), email: ofKind("email") };
}
