/** Errors that people meet: each has a code. */
export { CodedError, codeOf } from "./coded_error.ts";
export type { ErrorCode } from "./error_code.ts";
