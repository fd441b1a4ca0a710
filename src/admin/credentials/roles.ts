/** The rights of a user or token: `viewer` reads, `admin` also changes. */
export type Role = "viewer" | "admin";

/** All roles, the weakest first. */
export const ROLES: readonly Role[] = ["viewer", "admin"];

/** Returns whether `role` includes the rights of `needed`. */
export function includesRole(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}
