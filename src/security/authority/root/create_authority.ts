import type { Clock } from "../../../clock/mod.ts";
import type { Authority } from "./authority.ts";
import { checkCommonName } from "../names/certificate_names.ts";
import { establish, type NewAuthority } from "./establish.ts";
import { type KeyType, newKeys, signingAlgorithm } from "../keys/key_type.ts";
import { newSerial } from "../keys/serial.ts";
import { type Validity, validity } from "../keys/validity.ts";
import { loadX509 } from "../keys/x509.ts";

/** Days that an authority lives. */
export const AUTHORITY_DAYS = 3650;

/** Options of a new authority. */
export interface CreateOptions {
  /** Its common name, 1 to 64 characters. */
  readonly name: string;
  /**
   * The kind of its key.
   * @default {"p256"}
   */
  readonly keyType?: KeyType;
  /**
   * Its life, 1..36,500.
   * @default {3650}
   */
  readonly days?: number;
  /**
   * Put it in the place of one that is there, which is kept aside.
   * @default {false}
   */
  readonly isReplacing?: boolean;
}

/**
 * Makes an authority in `folder`: a key, and a certificate signed by itself.
 * Rejects with `AuthorityError`: `exists`, `unsuitable`, `unwritable`, `clock`.
 */
export async function createAuthority(
  folder: string,
  options: CreateOptions,
  clock: Clock,
): Promise<Authority> {
  return await establish(
    folder,
    options.isReplacing ?? false,
    clock,
    () =>
      newAuthority(
        options,
        validity(clock.date(), options.days ?? AUTHORITY_DAYS),
      ),
  );
}

/** The same, for a caller that holds the folder's lock. */
export async function newAuthority(
  options: Omit<CreateOptions, "days">,
  life: Validity,
): Promise<NewAuthority> {
  const { name, keyType = "p256" } = options;
  checkCommonName(name);
  const x509 = await loadX509();
  const keys = await newKeys(keyType);
  const subject = new x509.Name([{ CN: [{ utf8String: name }] }]);
  const { keyCertSign, cRLSign } = x509.KeyUsageFlags;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject,
    issuer: subject,
    ...life,
    publicKey: keys.publicKey,
    signingKey: keys.privateKey,
    signingAlgorithm: signingAlgorithm(keys.privateKey.algorithm),
    extensions: [
      // It issues for devices and servers, never for other authorities.
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(keyCertSign | cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { pem: certificate.toString("pem") + "\n", key: keys.privateKey };
}
