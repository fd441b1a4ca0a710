/** Users, tokens, links and sessions of the admin page. */
export { CredentialFile } from "./credential_file.ts";
export {
  AdminFileError,
  type AdminToken,
  type AdminUser,
  type CredentialState,
  type LoginLink,
} from "./credential_state.ts";
export {
  CredentialError,
  Credentials,
  FIRST_USER,
  type FirstLogin,
  LINK_LIFE,
  type NewToken,
  type Principal,
} from "./credentials.ts";
export { LoginRate } from "./login_rate.ts";
export { includesRole, type Role, ROLES } from "./roles.ts";
export { type BrowserSession, BrowserSessions } from "./sessions.ts";
