import type { Clock } from "../../clock/mod.ts";
import { isAddress } from "./addresses.ts";
import { openIssuer } from "./authority.ts";
import { AuthorityError } from "./authority_error.ts";
import {
  type CertificateNames,
  checkCommonName,
  checkNames,
  isHostName,
} from "./certificate_names.ts";
import { commonName, type IssuedPair, signAndKeep } from "./issuing.ts";
import { type KeyType, newKeys } from "./key_type.ts";
import type { LeafPurpose } from "./leaf.ts";
import { exportKey } from "./private_key.ts";

/** What is asked for. */
export interface IssueOptions {
  /** The common name, 1 to 64 characters. */
  readonly name: string;
  /** What it may be used for. */
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
  const names = withOwnName(options);
  checkNames(names);
  const issuer = await openIssuer(folder, clock.now());
  const keys = await newKeys(options.keyType);
  const subject = commonName(issuer.x509, options.name);
  const { purpose, days } = options;
  const issued = await signAndKeep(issuer, clock.now(), days, {
    subject,
    names,
    purpose,
    publicKey: keys.publicKey,
  });
  return { ...issued, key: await exportKey(keys.privateKey) };
}

/** Clients look for a server's name among the others only (RFC 9525, 6.2). */
function withOwnName(
  { name, names, purpose }: IssueOptions,
): CertificateNames {
  if (purpose === "client") return names;
  if (isAddress(name)) return { ...names, ip: added(names.ip, name) };
  if (isHostName(name)) return { ...names, dns: added(names.dns, name) };
  if (names.dns.length + names.ip.length > 0) return names;
  throw new AuthorityError(
    "unsuitable",
    `${JSON.stringify(name)} is no host name, and no client would find it: ` +
      "say under which names the server is reached, with --dns or --ip",
  );
}

function added(names: readonly string[], name: string): readonly string[] {
  return names.includes(name) ? names : [name, ...names];
}
