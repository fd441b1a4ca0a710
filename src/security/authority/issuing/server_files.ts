import type { X509Certificate } from "node:crypto";
import { sameAddress } from "../names/addresses.ts";
import { type AuthorityFiles, readIfThere } from "../root/authority_files.ts";
import type { CertificateNames } from "../names/certificate_names.ts";
import { isPair } from "../keys/key_pair.ts";
import { isPlausible } from "../../../clock/mod.ts";
import { DAY } from "../keys/validity.ts";

/** Days that a server's certificate lives; it is renewed long before. */
export const LIFE = 90;

/** Longest life of a certificate made on a machine with a calendar (ms). */
const LONGEST = (LIFE + 1) * DAY;

/** A server's certificate as it lies in the authority's folder. */
export interface KeptServer {
  readonly cert: string;
  readonly key: string;
  readonly isSelfSigned: boolean;
  readonly notAfter: number;
  /** When it is to be made anew, in ms since 1970. */
  readonly renewAt: number;
}

/**
 * Returns whether a certificate stays that begins after `now`. It does where
 * one made now would begin no sooner, or where clients trust the file itself.
 */
function staysEarly(
  isSelfSigned: boolean,
  above: X509Certificate,
  now: number,
) {
  return isSelfSigned || now < above.validFromDate.getTime();
}

/**
 * Reads the server's certificate; null when one has to be made. A sound one is
 * whole, of this authority, with all of `names`, and before its renewal; one
 * that begins after `now` is sound where a new one would serve no better.
 * Reads with what the platform brings along: a start that finds a sound one
 * must not wait for the library. Rejects with `AuthorityError` when a file
 * cannot be read.
 */
export async function readServer(
  files: AuthorityFiles,
  names: CertificateNames,
  now: number,
): Promise<KeptServer | null> {
  const cert = await readIfThere(files.serverCertificate);
  const key = await readIfThere(files.serverKey);
  const authority = await readIfThere(files.certificate);
  if (cert === undefined || key === undefined || authority === undefined) {
    return null;
  }
  const { X509Certificate } = await import("node:crypto");
  try {
    const own = new X509Certificate(cert);
    const above = new X509Certificate(authority);
    const isSelfSigned = await readIfThere(files.key) === undefined;
    const issuer = isSelfSigned ? own : above;
    const notBefore = own.validFromDate.getTime();
    const notAfter = own.validToDate.getTime();
    // Made anew, it would end with the authority once more.
    const isLast = notAfter >= above.validToDate.getTime() && !isSelfSigned;
    const renewAt = isLast
      ? notAfter
      : notBefore + (notAfter - notBefore) * 2 / 3;
    const isInTime = isPlausible(now)
      ? now < renewAt && notAfter - notBefore < LONGEST &&
        (now >= notBefore || staysEarly(isSelfSigned, above, now))
      : true; // Its clients may know the date.
    const isSound = isInTime && speaksOf(own, names) &&
      own.verify(issuer.publicKey) && await isPair(cert, key);
    return isSound ? { cert, key, isSelfSigned, notAfter, renewAt } : null;
  } catch {
    // Damaged files are made anew like missing ones: only Dunlin writes them.
    return null;
  }
}

/** Returns whether `certificate` has all of `names`. */
function speaksOf(
  certificate: X509Certificate,
  names: CertificateNames,
): boolean {
  const entries = (certificate.subjectAltName ?? "").split(", ");
  const of = (kind: string) =>
    entries.filter((one) => one.startsWith(kind))
      .map((one) => one.slice(kind.length));
  const dns = new Set(of("DNS:"));
  const ip = new Set(of("IP Address:").map(sameAddress));
  return names.dns.every((one) => dns.has(one)) &&
    names.ip.every((one) => ip.has(sameAddress(one)));
}
