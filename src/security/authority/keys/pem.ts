const block = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g;

/** A block of a PEM file (RFC 7468). */
export interface PemBlock {
  /** Its label, as `CERTIFICATE`. */
  readonly label: string;
  /** The block with both its lines, without an end of line. */
  readonly text: string;
}

/**
 * Returns the blocks of `text`, in their order; what stands between them is
 * passed over.
 */
export function pemBlocks(text: string): PemBlock[] {
  return [...text.matchAll(block)].map(([text, label]) => ({ label, text }));
}

/**
 * Returns the certificates of `text`: those that are trusted by OpenSSL's
 * label, too.
 */
export function pemCertificates(text: string): string[] {
  return pemBlocks(text).filter(({ label }) => label === "CERTIFICATE")
    .map((block) => block.text);
}

/**
 * Returns the first private key of `text`, in whatever of its forms; else
 * undefined.
 */
export function pemPrivateKey(text: string): PemBlock | undefined {
  return pemBlocks(text).find(({ label }) => label.endsWith("PRIVATE KEY"));
}

/** Returns bytes as a PEM block, with an end of line. */
export function toPem(label: string, bytes: Uint8Array): string {
  const lines = bytes.toBase64().match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${
    lines.join("\n")
  }\n-----END ${label}-----\n`;
}
