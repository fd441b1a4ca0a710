/** What is found out about users and rules where no broker runs, as code. */
export type OfflineAccess = typeof import("./offline_access.ts");

/** Loads it: a broker that starts goes without. */
export async function loadOfflineAccess(): Promise<OfflineAccess> {
  return await import("./offline_access.ts");
}
