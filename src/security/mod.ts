/** Authentication and authorization. */
export type {
  Authenticator,
  AuthExchange,
  AuthOutcome,
  Credentials,
  Identity,
  TopicGrants,
} from "./authenticator.ts";
export type {
  AccessQuestion,
  Authorizer,
  ExplainedRule,
  Explanation,
} from "./authorizer.ts";
export {
  ALL_CELLS,
  ALL_RIGHTS,
  cellOf,
  highestQos,
  makeRights,
  mayPublish,
  receivableQos,
  RIGHTS_END,
} from "./rights.ts";
export type { Rights } from "./rights.ts";
export type { CertificateFacts } from "./certificates/mod.ts";
export type { ClientCertificate } from "./client_certificate.ts";
export { Unasked } from "./anonymous.ts";
export { hasNoCredentials, identityOf } from "./identity.ts";
export type { LoginCounts } from "./chain/mod.ts";
export type * from "./authority/mod.ts";
export { type AuthorityModule, loadAuthority } from "./load_authority.ts";
