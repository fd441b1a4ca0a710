import { join } from "node:path";
import { makePrivateFolder } from "../../../files/mod.ts";
import { authorityError } from "../keys/authority_error.ts";

/** Paths in the folder of an authority. */
export interface AuthorityFiles {
  /** The folder itself. */
  readonly folder: string;
  /** Certificate of the authority, then those above it, if any. */
  readonly certificate: string;
  /** Its private key; not there when it was imported without. */
  readonly key: string;
  /** The certificate that listeners without one of their own show. */
  readonly serverCertificate: string;
  /** The private key to it. */
  readonly serverKey: string;
  /** Folder with every certificate that was issued, `FINGERPRINT.crt` each. */
  readonly issued: string;
}

/** Returns the files of the authority in `folder`. */
export function authorityFiles(folder: string): AuthorityFiles {
  return {
    folder,
    certificate: join(folder, "ca.crt"),
    key: join(folder, "ca.key"),
    serverCertificate: join(folder, "server.crt"),
    serverKey: join(folder, "server.key"),
    issued: join(folder, "issued"),
  };
}

/**
 * Makes the folder if need be, and makes it private in any case.
 *
 * @throws {AuthorityError} `unwritable`
 */
export async function makeAuthorityFolder(folder: string): Promise<void> {
  try {
    await makePrivateFolder(folder);
    const { mode } = await Deno.stat(folder);
    const isOpen = mode !== null && (mode & 0o077) !== 0;
    if (isOpen) await Deno.chmod(folder, 0o700);
  } catch (error) {
    throw authorityError(
      "unwritable",
      `the authority's folder ${folder} cannot be made for this user alone`,
      error,
    );
  }
}

/**
 * Returns the text of a file; undefined when there is none.
 *
 * @throws {AuthorityError} `unreadable`
 */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw authorityError("unreadable", `${path} cannot be read`, error);
  }
}
