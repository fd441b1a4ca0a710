import type { X509Certificate } from "node:crypto";
import { loadChain } from "./load_identity.ts";
import { type ReadCertificate, readCertificate } from "./facts.ts";

/** An authority that client certificates are verified by. */
export interface LoadedAuthority {
  /** The file it comes from. */
  readonly path: string;
  /** Itself, as PEM. */
  readonly pem: string;
  /** Its key, to verify what it has signed. */
  readonly certificate: X509Certificate;
  /** What it says of itself. */
  readonly facts: ReadCertificate;
}

/** All authorities of some PEM files; rejects with `CertificateError`. */
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

/** The authorities that the operating system trusts, as PEM. */
export async function systemRoots(): Promise<readonly string[]> {
  const tls = await import("node:tls");
  return tls.getCACertificates("system");
}
