/**
 * Returns whether `keyPem` (PKCS#8) is the private key of the first certificate
 * in `certificatePem`; false, too, when either cannot be read.
 */
export async function isPair(
  certificatePem: string,
  keyPem: string,
): Promise<boolean> {
  const { createPrivateKey, X509Certificate } = await import("node:crypto");
  try {
    return new X509Certificate(certificatePem)
      .checkPrivateKey(createPrivateKey(keyPem));
  } catch {
    return false;
  }
}
