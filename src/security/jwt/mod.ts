/** JSON Web Tokens as passwords (RFC 7519). */
export { JwtLink, type JwtRules } from "./jwt_link.ts";
export {
  jwksKeys,
  pemKeys,
  secretKeys,
  TokenKeyError,
  type TokenKeys,
} from "./keys.ts";
export { RemoteKeys, type RemoteKeysOptions } from "./remote_keys.ts";
