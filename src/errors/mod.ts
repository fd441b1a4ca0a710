/** Errors that people meet, each with a code; and broken invariants. */
export { CodedError, codeOf } from "./coded_error.ts";
export type { ErrorCode } from "./error_code.ts";
export {
  broken,
  type Invariant,
  InvariantError,
  type OnBroken,
  outliveBroken,
} from "./invariant.ts";
