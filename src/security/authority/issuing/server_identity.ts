import type { Clock } from "../../../clock/mod.ts";
import { writePrivately } from "../../../files/mod.ts";
import { openIssuer } from "../root/authority.ts";
import {
  type AuthorityFiles,
  authorityFiles,
  readIfThere,
} from "../root/authority_files.ts";
import {
  type CertificateNames,
  checkNames,
} from "../names/certificate_names.ts";
import { AUTHORITY_DAYS, newAuthority } from "../root/create_authority.ts";
import { atAuthority, putAuthority } from "../root/establish.ts";
import { chainOf, commonName } from "./issuing.ts";
import { newKeys } from "../keys/key_type.ts";
import { type Signer, signLeaf } from "./leaf.ts";
import { exportKey } from "../keys/private_key.ts";
import { type KeptServer, LIFE, readServer } from "./server_files.ts";
import { ownAuthorityValidity, ownValidity } from "../keys/validity.ts";
import { loadX509 } from "../keys/x509.ts";

/** Certificate of a listener that names none. */
export interface ServerIdentity {
  /** Its certificate, then authorities below the topmost one, in PEM. */
  readonly cert: string;
  /** Its private key, PKCS#8 in PEM. Not to be shown to anybody. */
  readonly key: string;
  /** Its issuer: `itself` when the authority's private key is elsewhere. */
  readonly issuer: "authority" | "itself";
  /** The file that clients must be given to trust it. */
  readonly trustFile: string;
  /** End of its life, in ms since 1970. */
  readonly notAfter: number;
  /**
   * When to ask again, in ms since 1970: two thirds of its life have passed.
   * It may be months away, more than a timer can wait at a time.
   */
  readonly renewAt: number;
  /** True if the certificate is new. */
  readonly isNew: boolean;
}

/**
 * Returns the certificate for listeners without one of their own, from the
 * authority in `folder`. Both are made when they are missing. The certificate
 * is made anew once two thirds of its life have passed, when the authority is
 * another one, when it lacks one of `names`, or when it was made without a date
 * and there is one now. A caller that asks in time always has a valid one;
 * after the calendar was set back it may have one that begins later. Rejects
 * with `AuthorityError`; what is there stays as it is then.
 */
export async function serverIdentity(
  folder: string,
  names: CertificateNames,
  clock: Clock,
): Promise<ServerIdentity> {
  const files = authorityFiles(folder);
  checkNames(names);
  return await atAuthority(folder, async () => {
    const now = clock.date();
    const kept = await readServer(files, names, now);
    if (kept !== null) return identity(files, kept, false);
    await makeServer(files, names, now);
    const made = await readServer(files, names, now);
    // Only a bug here or someone who writes in the folder gets past this.
    if (made === null) {
      throw new Error(`${files.serverCertificate} is not sound`);
    }
    return identity(files, made, true);
  });
}

function identity(
  files: AuthorityFiles,
  { isSelfSigned, ...kept }: KeptServer,
  isNew: boolean,
): ServerIdentity {
  return {
    ...kept,
    isNew,
    issuer: isSelfSigned ? "itself" : "authority",
    trustFile: isSelfSigned ? files.serverCertificate : files.certificate,
  };
}

async function makeServer(
  files: AuthorityFiles,
  names: CertificateNames,
  now: number,
): Promise<void> {
  if (await readIfThere(files.certificate) === undefined) {
    const name = `Dunlin on ${names.dns[0] ?? "this machine"}`.slice(0, 64);
    await putAuthority(
      files,
      await newAuthority(
        { name },
        ownAuthorityValidity(now, AUTHORITY_DAYS),
      ),
    );
  }
  const x509 = await loadX509();
  const keys = await newKeys("p256");
  const isOurs = await readIfThere(files.key) !== undefined;
  const issuer = isOurs ? await openIssuer(files.folder, now) : null;
  const signer: Signer = issuer ??
    { x509, certificate: null, key: keys.privateKey };
  const name = names.dns[0] ?? names.ip[0] ?? "localhost";
  const leaf = await signLeaf(signer, {
    subject: commonName(x509, name.slice(0, 64)),
    names,
    purpose: "server",
    publicKey: keys.publicKey,
    life: ownValidity(now, LIFE, issuer?.authority.reading),
  });
  const pem = issuer === null
    ? leaf.toString("pem") + "\n"
    : chainOf(issuer, leaf);
  await writePrivately(files.serverKey, await exportKey(keys.privateKey));
  await writePrivately(files.serverCertificate, pem, 0o644);
}
