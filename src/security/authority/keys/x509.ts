/** The library for certificates. */
export type X509 = typeof import("@peculiar/x509");

/**
 * Loads the library, which takes 150 ms and some 15 MiB: only code that makes
 * or signs something needs it. It finds its parts by metadata that no engine has
 * by itself, so that comes first.
 */
export async function loadX509(): Promise<X509> {
  await import("reflect-metadata");
  return await import("@peculiar/x509");
}
