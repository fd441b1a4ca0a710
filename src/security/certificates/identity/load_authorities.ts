import { X509Certificate } from "node:crypto";
import { loadChain } from "./load_identity.ts";
import { type ReadCertificate, readCertificate } from "../der/facts.ts";

/** An authority that client certificates are verified by. */
export interface LoadedAuthority {
  /** The file it comes from. */
  readonly path: string;
  /** Itself, as PEM. */
  readonly pem: string;
  /** Its key, to verify what it has signed. */
  readonly certificate: X509Certificate;
  /** Its content. */
  readonly facts: ReadCertificate;
}

/**
 * Returns all authorities of some PEM files; rejects with `CertificateError`.
 */
export async function loadAuthorities(
  paths: readonly string[],
): Promise<LoadedAuthority[]> {
  const all: LoadedAuthority[] = [];
  for (const path of paths) {
    for (const certificate of await loadChain(path)) {
      const facts = readCertificate(new Uint8Array(certificate.raw));
      all.push({ path, pem: certificate.toString(), certificate, facts });
    }
  }
  return all;
}

/** Returns the authorities that the operating system trusts. */
export async function systemRoots(): Promise<LoadedAuthority[]> {
  const { getCACertificates } = await import("node:tls");
  const all: LoadedAuthority[] = [];
  for (const pem of getCACertificates("system")) {
    try {
      const certificate = new X509Certificate(pem);
      const facts = readCertificate(new Uint8Array(certificate.raw));
      all.push({ path: "the system's authorities", pem, certificate, facts });
    } catch {
      // An unreadable authority verifies no certificate.
    }
  }
  return all;
}
