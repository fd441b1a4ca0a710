import { pemBlocks } from "../authority/pem.ts";
import { CertificateError } from "./certificate_error.ts";
import { Tag } from "./der.ts";
import type { LoadedAuthority } from "./load_authorities.ts";
import { readBytes } from "./read_file.ts";
import {
  isSignedBy,
  readRevocationList,
  RevocationFault,
  type RevocationList,
} from "./revocation_list.ts";

/**
 * The revocation lists of the file at `path`, PEM or DER. Each must be signed
 * by one of `authorities`: else anybody who can write the file could let in who
 * was revoked. Rejects with `CertificateError`.
 */
export async function loadRevocations(
  path: string,
  authorities: readonly LoadedAuthority[],
): Promise<RevocationList[]> {
  const bytes = await readBytes(path);
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
    return lists.map((der) =>
      verified(readRevocationList(der), path, authorities)
    );
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

function verified(
  list: RevocationList,
  path: string,
  authorities: readonly LoadedAuthority[],
): RevocationList {
  if (authorities.some((one) => isSignedBy(list, one))) return list;
  const isKnown = authorities.some((one) =>
    one.facts.subjectKey === list.issuerKey
  );
  throw new CertificateError(
    path,
    isKnown
      ? `is not signed by ${list.issuer}, in whose name it speaks: ` +
        "fetch it again from there"
      : `is of ${list.issuer}, which is none of the authorities in ca: ` +
        "put its certificate there, or remove the list",
  );
}
