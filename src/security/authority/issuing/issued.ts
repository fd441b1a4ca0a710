import { join } from "node:path";
import { makePrivateFolder, writePrivately } from "../../../files/mod.ts";
import { authorityError } from "../keys/authority_error.ts";
import type { AuthorityFiles } from "../root/authority_files.ts";
import { readIfThere } from "../root/authority_files.ts";

/** Keeps a copy of what was issued: to show, to renew. No key is in it. */
export async function keepIssued(
  files: AuthorityFiles,
  fingerprint: string,
  pem: string,
): Promise<void> {
  await makePrivateFolder(files.issued);
  await writePrivately(pathOf(files, fingerprint), pem, 0o644);
}

/**
 * Returns the certificate of that fingerprint, in PEM; undefined for one that
 * was not issued here.
 */
export async function readIssued(
  files: AuthorityFiles,
  fingerprint: string,
): Promise<string | undefined> {
  return await readIfThere(pathOf(files, fingerprint));
}

/** Returns the fingerprints of all that was issued and not forgotten. */
export async function issuedFingerprints(
  files: AuthorityFiles,
): Promise<string[]> {
  const found: string[] = [];
  try {
    for await (const { name } of Deno.readDir(files.issued)) {
      const match = /^([0-9a-f]{64})\.crt$/.exec(name);
      if (match !== null) found.push(match[1]);
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    const what = `${files.issued} cannot be read`;
    throw authorityError("unreadable", what, error);
  }
  return found.sort();
}

/** Forgets what was issued under that fingerprint, if it was. */
export async function forgetIssued(
  files: AuthorityFiles,
  fingerprint: string,
): Promise<void> {
  if (await readIssued(files, fingerprint) === undefined) return;
  await Deno.remove(pathOf(files, fingerprint));
}

function pathOf(files: AuthorityFiles, fingerprint: string): string {
  return join(files.issued, `${fingerprint}.crt`);
}
