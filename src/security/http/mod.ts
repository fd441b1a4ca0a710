/** Web servers that are asked who may come in, and what a client may do. */
export { Caller, type CallerOptions } from "./caller.ts";
export { dunlinPreset } from "./dunlin_preset.ts";
export { goAuthPreset } from "./go_auth_preset.ts";
export {
  type AskedServer,
  HttpAccess,
  HttpAccessChain,
  type HttpAccessOptions,
} from "./http_access.ts";
export { HttpLink, type HttpLinkOptions } from "./http_link.ts";
