/** The chain of authenticators, and the links that need nothing else. */
export { Chain, type ChainParts, type ChainStep } from "./chain.ts";
export type { Link, Verdict } from "./link.ts";
export {
  LoginAttempts,
  type LoginCounts,
  type LoginLimits,
} from "./login_attempts.ts";
export { anonymousLink } from "./anonymous_link.ts";
export { linkOfListeners } from "./link_of_listeners.ts";
export { certificateLink } from "./certificate_link.ts";
