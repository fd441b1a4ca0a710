/** What finds out about users, rules and certificates where no broker runs. */
export type OfflineAccess = typeof import("./offline_access.ts");

/** Loads it: a broker that starts goes without. */
export async function loadOfflineAccess(): Promise<OfflineAccess> {
  return await import("./offline_access.ts");
}
