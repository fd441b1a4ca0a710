import { CodedError } from "../../errors/mod.ts";

/** Addresses of a running broker, for other programs. */
export interface Readiness {
  /** Process id. */
  readonly pid: number;
  /** Every listener, in the order of the settings, with its real port. */
  readonly listeners: readonly {
    readonly name: string;
    readonly type: string;
    readonly bind: string;
    readonly port: number;
    /** True while the listener waits for its address. */
    readonly isWaiting?: true;
  }[];
}

/** The ready file cannot be written. */
export class UnwritableFile extends CodedError {
  /** The code, as the log has it. */
  override readonly code = "ready-file-unwritable";
  /** `cause` is what the system said when asked for `path`. */
  constructor(path: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`the ready file ${path} cannot be written: ${reason}`, { cause });
    this.name = "UnwritableFile";
  }
}

/**
 * Writes `readiness` as JSON. A program that waits for `path` never sees half of
 * it: a file beside it is written and then renamed. Rejects with
 * `UnwritableFile`.
 */
export async function writeReadyFile(
  path: string,
  readiness: Readiness,
): Promise<void> {
  const beside = `${path}.${readiness.pid}.tmp`;
  try {
    await Deno.writeTextFile(beside, JSON.stringify(readiness, null, 2) + "\n");
    await Deno.rename(beside, path);
  } catch (error) {
    await Deno.remove(beside).catch(() => {});
    throw new UnwritableFile(path, error);
  }
}
