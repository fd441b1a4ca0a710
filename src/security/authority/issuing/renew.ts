import type { Clock } from "../../../clock/mod.ts";
import { openIssuer } from "../root/authority.ts";
import { parseCertificates, readingOf } from "../root/certificate_reading.ts";
import { type Issued, signAndKeep } from "./issuing.ts";
import { type KeyType, newKeys } from "../keys/key_type.ts";
import { exportKey } from "../keys/private_key.ts";

/** Options of a renewal. */
export interface RenewOptions {
  /** 1..36,500 */
  readonly days: number;
  /** The kind of a new key; without it the old key stays. */
  readonly keyType?: KeyType;
}

/**
 * Issues `pem` anew: the same names, purpose and, unless `keyType` asks for a
 * new one, the same key, so that only the certificate must be replaced where it
 * is used. Rejects as `issue` does.
 */
export async function renew(
  folder: string,
  pem: string,
  options: RenewOptions,
  clock: Clock,
): Promise<Issued & { readonly key: string | null }> {
  const issuer = await openIssuer(folder, clock.date());
  const { x509 } = issuer;
  const [old] = parseCertificates(x509, pem, "what was issued");
  const reading = readingOf(x509, old);
  const keys = options.keyType === undefined
    ? null
    : await newKeys(options.keyType);
  const issued = await signAndKeep(issuer, clock.date(), options.days, {
    subject: old.subjectName,
    names: reading.names,
    purpose: reading.isForServer ? "server" : "client",
    publicKey: keys?.publicKey ?? await old.publicKey.export(),
  });
  const key = keys === null ? null : await exportKey(keys.privateKey);
  return { ...issued, key };
}
