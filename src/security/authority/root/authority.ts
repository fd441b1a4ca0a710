import { AuthorityError } from "../keys/authority_error.ts";
import {
  type AuthorityFiles,
  authorityFiles,
  readIfThere,
} from "./authority_files.ts";
import {
  type Certificate,
  type CertificateReading,
  parseCertificates,
  readingOf,
} from "./certificate_reading.ts";
import { isPair } from "../keys/key_pair.ts";
import { readPrivateKey } from "../keys/private_key.ts";
import { day } from "../keys/validity.ts";
import { loadX509, type X509 } from "../keys/x509.ts";

/** An authority as it lies in its folder. */
export interface Authority {
  /** Paths of its files. */
  readonly files: AuthorityFiles;
  /** Content of its certificate. */
  readonly reading: CertificateReading;
  /** Its certificate, then those above it, in PEM: what others shall trust. */
  readonly pem: string;
  /** True if the authority has its private key, and can issue. */
  readonly canIssue: boolean;
}

/** An authority with all it needs to issue. */
export interface Issuer {
  readonly x509: X509;
  readonly authority: Authority;
  readonly certificate: Certificate;
  readonly key: CryptoKey;
}

/**
 * Returns the authority in `folder`; undefined when there is none. Rejects with
 * `AuthorityError` when it cannot be read.
 */
export async function openAuthority(
  folder: string,
): Promise<Authority | undefined> {
  const files = authorityFiles(folder);
  const pem = await readIfThere(files.certificate);
  if (pem === undefined) return undefined;
  const x509 = await loadX509();
  const [certificate] = parseCertificates(x509, pem, files.certificate);
  const reading = readingOf(x509, certificate);
  return { files, reading, pem, canIssue: await isThere(files.key) };
}

/** As `openAuthority`, but without one it rejects with `missing`. */
export async function requireAuthority(folder: string): Promise<Authority> {
  const authority = await openAuthority(folder);
  if (authority !== undefined) return authority;
  throw new AuthorityError(
    "missing",
    `there is no authority in ${folder}: make one with "dunlin ca create", ` +
      'or bring one along with "dunlin ca import"',
  );
}

/**
 * Returns the authority in `folder`, ready to issue at the time `now`. Rejects
 * with `AuthorityError`: `missing`, `keyless`, `unsuitable` when its key is not
 * that of its certificate or its life is over.
 */
export async function openIssuer(folder: string, now: number): Promise<Issuer> {
  const authority = await requireAuthority(folder);
  const { files, reading } = authority;
  const text = await readIfThere(files.key);
  if (text === undefined) {
    throw new AuthorityError(
      "keyless",
      `the authority ${reading.subject} was imported without its private ` +
        "key: it can verify certificates, but not issue any; issue them " +
        'where the key is, or bring it here with "dunlin ca import --replace ' +
        '--key FILE"',
    );
  }
  if (now > reading.notAfter) {
    throw new AuthorityError(
      "unsuitable",
      `the authority's certificate ${files.certificate} expired on ` +
        `${day(reading.notAfter)}: make a new authority with ` +
        '"dunlin ca create --replace"',
    );
  }
  const x509 = await loadX509();
  const [certificate] = parseCertificates(
    x509,
    authority.pem,
    files.certificate,
  );
  const key = await readPrivateKey(text, files.key);
  if (!await isPair(authority.pem, text)) {
    throw new AuthorityError(
      "unsuitable",
      `${files.key} is not the key of ${files.certificate}: put back the ` +
        'right one, or begin anew with "dunlin ca create --replace"',
    );
  }
  return { x509, authority, certificate, key };
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}
