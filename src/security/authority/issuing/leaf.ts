import type { Issuer } from "../root/authority.ts";
import type { Certificate } from "../root/certificate_reading.ts";
import {
  type CertificateNames,
  namesExtension,
} from "../names/certificate_names.ts";
import { signingAlgorithm } from "../keys/key_type.ts";
import { newSerial } from "../keys/serial.ts";
import type { Validity } from "../keys/validity.ts";
import type { X509 } from "../keys/x509.ts";

/** Purpose of a certificate: client or server. */
export type LeafPurpose = "client" | "server";

/** A certificate that is not an authority's. */
export interface Leaf {
  /** Its subject; must not be empty. */
  readonly subject: InstanceType<X509["Name"]>;
  /** Its subject alternative names; checked. */
  readonly names: CertificateNames;
  readonly purpose: LeafPurpose;
  readonly publicKey: CryptoKey;
  readonly life: Validity;
}

/** The signer: an authority, or without one the certificate's own key. */
export type Signer =
  | Pick<Issuer, "x509" | "certificate" | "key">
  | {
    readonly x509: X509;
    readonly certificate: null;
    readonly key: CryptoKey;
  };

/** Signs `leaf` (RFC 5280, 4.1 and 4.2). */
export async function signLeaf(
  { x509, certificate, key }: Signer,
  leaf: Leaf,
): Promise<Certificate> {
  return await x509.X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: leaf.subject,
    // As the authority writes it, byte for byte: chains are built by that.
    issuer: certificate?.subjectName ?? leaf.subject,
    ...leaf.life,
    publicKey: leaf.publicKey,
    signingKey: key,
    signingAlgorithm: signingAlgorithm(key.algorithm),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(usagesOf(x509, leaf.publicKey), true),
      new x509.ExtendedKeyUsageExtension([
        leaf.purpose === "server"
          ? x509.ExtendedKeyUsage.serverAuth
          : x509.ExtendedKeyUsage.clientAuth,
      ]),
      await x509.SubjectKeyIdentifierExtension.create(leaf.publicKey),
      await authorityKeyId(x509, certificate, leaf.publicKey),
      ...namesExtension(x509, leaf.names),
    ],
  });
}

/** Old TLS clients send the RSA key a secret; the others only sign. */
function usagesOf(x509: X509, key: CryptoKey): number {
  const { digitalSignature, keyEncipherment } = x509.KeyUsageFlags;
  const isRsa = key.algorithm.name.startsWith("RSA");
  return isRsa ? digitalSignature | keyEncipherment : digitalSignature;
}

/** Returns the id that the authority gave its own key, else the usual one. */
async function authorityKeyId(
  { AuthorityKeyIdentifierExtension, SubjectKeyIdentifierExtension }: X509,
  issuer: Certificate | null,
  own: CryptoKey,
): Promise<InstanceType<X509["AuthorityKeyIdentifierExtension"]>> {
  const given = issuer?.getExtension(SubjectKeyIdentifierExtension)?.keyId;
  return given === undefined
    ? await AuthorityKeyIdentifierExtension.create(issuer?.publicKey ?? own)
    : new AuthorityKeyIdentifierExtension(given);
}
