import { pemBlocks } from "../../authority/keys/pem.ts";
import {
  CertificateError,
  ForeignListError,
} from "../der/certificate_error.ts";
import { Tag } from "../der/der.ts";
import type { LoadedAuthority } from "../identity/load_authorities.ts";
import { readBytes } from "../der/read_file.ts";
import {
  isSignedBy,
  readRevocationList,
  RevocationFault,
  type RevocationList,
  serialsOf,
  type UnreadList,
} from "./revocation_list.ts";

/** Larger files are refused (bytes): some 500,000 entries have room. */
const LARGEST = 24 * 1024 * 1024;

/** Entries read in one go: others take their turn in between. */
const AT_ONCE = 2_000;

/**
 * Returns the revocation lists of the file at `path`, PEM or DER. Each must be
 * signed by one of `authorities`: else anybody who can write the file could let
 * in who was revoked. Rejects with `CertificateError`.
 */
export async function loadRevocations(
  path: string,
  authorities: readonly LoadedAuthority[],
): Promise<RevocationList[]> {
  const bytes = await readBytes(path, LARGEST);
  const lists: Uint8Array[] = bytes[0] === Tag.Sequence
    ? [bytes]
    : fromPem(bytes);
  if (lists.length === 0) {
    throw new CertificateError(
      path,
      "holds no revocation list: give PEM with BEGIN X509 CRL, or DER",
    );
  }
  try {
    const all: RevocationList[] = [];
    for (const der of lists) {
      const list = readRevocationList(der);
      verify(list, path, authorities);
      all.push(await readWhole(list));
    }
    return all;
  } catch (error) {
    if (error instanceof CertificateError) throw error;
    throw new CertificateError(
      path,
      error instanceof RevocationFault
        ? error.message
        : "is a damaged revocation list: fetch it again",
      error,
    );
  }
}

function fromPem(bytes: Uint8Array): Uint8Array[] {
  return pemBlocks(new TextDecoder().decode(bytes))
    .filter(({ label }) => label === "X509 CRL")
    .map(({ text }) =>
      Uint8Array.fromBase64(text.replaceAll(/-----[^-]+-----/g, ""))
    );
}

/** Reads all entries of a list, and keeps none of its bytes. */
async function readWhole(list: UnreadList): Promise<RevocationList> {
  const serials = new Set<string>();
  for (const serial of serialsOf(list)) {
    serials.add(serial);
    if (serials.size % AT_ONCE === 0) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  const { issuer, issuerKey, thisUpdate, nextUpdate } = list;
  return { issuer, issuerKey, thisUpdate, nextUpdate, serials };
}

/** Throws `CertificateError` unless one of `authorities` has signed it. */
function verify(
  list: UnreadList,
  path: string,
  authorities: readonly LoadedAuthority[],
): void {
  if (authorities.some((one) => isSignedBy(list, one))) return;
  const isKnown = authorities.some((one) =>
    one.facts.subjectKey === list.issuerKey
  );
  if (isKnown) {
    throw new CertificateError(
      path,
      `is not signed by ${list.issuer}, the issuer that it names: ` +
        "fetch it again from there",
    );
  }
  throw new ForeignListError(
    path,
    `is of ${list.issuer}, which is not an authority in ca: ` +
      "put its certificate there, or remove the list",
  );
}
