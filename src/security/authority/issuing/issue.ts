import type { Clock } from "../../../clock/mod.ts";
import { openIssuer } from "../root/authority.ts";
import {
  type CertificateNames,
  checkCommonName,
  checkNames,
  serverNames,
} from "../names/certificate_names.ts";
import { commonName, type IssuedPair, signAndKeep } from "./issuing.ts";
import { type KeyType, newKeys } from "../keys/key_type.ts";
import type { LeafPurpose } from "./leaf.ts";
import { exportKey } from "../keys/private_key.ts";

/** The wanted certificate. */
export interface IssueOptions {
  /** The common name, 1 to 64 characters. */
  readonly name: string;
  /** Its purpose. */
  readonly purpose: LeafPurpose;
  /** Other names; a server's own name is added by itself. */
  readonly names: CertificateNames;
  /** 1..36,500 */
  readonly days: number;
}

/**
 * Issues a certificate and a new key to it. Rejects with `AuthorityError`:
 * `missing`, `keyless`, `unsuitable`, `clock`, `unwritable`.
 */
export async function issue(
  folder: string,
  options: IssueOptions & { readonly keyType: KeyType },
  clock: Clock,
): Promise<IssuedPair> {
  checkCommonName(options.name);
  const names = options.purpose === "server"
    ? serverNames(options.name, options.names)
    : options.names;
  checkNames(names);
  const issuer = await openIssuer(folder, clock.date());
  const keys = await newKeys(options.keyType);
  const subject = commonName(issuer.x509, options.name);
  const { purpose, days } = options;
  const issued = await signAndKeep(issuer, clock.date(), days, {
    subject,
    names,
    purpose,
    publicKey: keys.publicKey,
  });
  return { ...issued, key: await exportKey(keys.privateKey) };
}
