/** Checks of users, rules and certificates that need no running broker. */
export type OfflineAccess = typeof import("./offline_access.ts");

/** Loads the checks, which a start does without. */
export async function loadOfflineAccess(): Promise<OfflineAccess> {
  return await import("./offline_access.ts");
}
