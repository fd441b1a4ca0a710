/** The built-in certificate authority, as code. */
export type AuthorityModule = typeof import("./authority/mod.ts");

/** Loads the authority: a broker that shows no certificate of it goes without. */
export async function loadAuthority(): Promise<AuthorityModule> {
  return await import("./authority/mod.ts");
}
