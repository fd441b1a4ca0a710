import type { Clock } from "../../../clock/mod.ts";
import { whileLocked, writePrivately } from "../../../files/mod.ts";
import { type Authority, openAuthority } from "./authority.ts";
import { AuthorityError, authorityError } from "../keys/authority_error.ts";
import {
  type AuthorityFiles,
  authorityFiles,
  makeAuthorityFolder,
  readIfThere,
} from "./authority_files.ts";
import { exportKey } from "../keys/private_key.ts";

/** Certificate and key of an authority. */
export interface NewAuthority {
  /** Its certificate, then those above it, in PEM. */
  readonly pem: string;
  /** Null for one that can only verify. */
  readonly key: CryptoKey | null;
}

/**
 * Puts an authority into `folder`, while no other process is at it. One that is
 * there is kept under another name when `isReplacing`. Rejects with
 * `AuthorityError`: `exists`, `unwritable`, and what `make` rejects with.
 */
export async function establish(
  folder: string,
  isReplacing: boolean,
  clock: Clock,
  make: () => Promise<NewAuthority>,
): Promise<Authority> {
  const files = authorityFiles(folder);
  return await atAuthority(folder, async () => {
    const isThere = await readIfThere(files.certificate) !== undefined;
    if (isThere && !isReplacing) {
      throw new AuthorityError(
        "exists",
        `there is an authority in ${folder} already: "dunlin ca show" shows ` +
          "it; to put another in its place add --replace (what it issued is " +
          "then no longer trusted)",
      );
    }
    // Made before anything is moved away: it may turn out to be unsuitable.
    const made = await make();
    if (isThere) await keepAside(files, clock.date());
    await putAuthority(files, made);
    return (await openAuthority(folder))!;
  });
}

/**
 * Runs `work` while no other process changes the authority in `folder`, which
 * is made if need be. Rejects as `work` does, or with `unwritable`.
 */
export async function atAuthority<T>(
  folder: string,
  work: () => Promise<T>,
): Promise<T> {
  await makeAuthorityFolder(folder);
  try {
    return await whileLocked(authorityFiles(folder).certificate, work);
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error)) throw error;
    const what = `the authority in ${folder} cannot be written`;
    throw authorityError("unwritable", what, error);
  }
}

/**
 * Writes an authority; the caller holds the folder's lock. The key comes first:
 * a certificate without its key only verifies.
 */
export async function putAuthority(
  files: AuthorityFiles,
  { pem, key }: NewAuthority,
): Promise<void> {
  if (key !== null) await writePrivately(files.key, await exportKey(key));
  else if (await readIfThere(files.key) !== undefined) {
    await Deno.remove(files.key);
  }
  await writePrivately(files.certificate, pem, 0o644);
}

/** Copies what is there; it must not be gone before the new one is there. */
async function keepAside(files: AuthorityFiles, now: number): Promise<void> {
  const time = new Date(now).toISOString().replaceAll(/[-:]|\..*/g, "");
  for (const path of [files.key, files.certificate]) {
    const text = await readIfThere(path);
    if (text !== undefined) await writePrivately(`${path}.${time}`, text);
  }
}
