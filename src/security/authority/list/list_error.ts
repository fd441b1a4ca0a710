import { CodedError } from "../../../errors/mod.ts";

/** The list of certificates cannot be read or written. */
export class ListError extends CodedError {
  /** The code, as the log has it. */
  override readonly code = "certificate-list-invalid";
  /** `path` of the list; what is `wrong` with it; `cause` in the system's words. */
  constructor(path: string, wrong: string, cause?: unknown) {
    super(`the list of certificates ${path} ${wrong}`, { cause });
    this.name = "ListError";
  }
}
