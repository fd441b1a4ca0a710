import type { Clock } from "../../clock/mod.ts";
import {
  AdminFileError,
  type CredentialState,
  EMPTY,
  parseState,
  printState,
} from "./credential_state.ts";

/** The file counts as unchanged for so long after a look (ms). */
const FRESH = 250;

/** Bytes of the largest file. */
const LARGEST = 1 << 20;

/**
 * The users, tokens and links, in a file for this user alone, or only in memory.
 * Commands change the file while the broker runs: `read` notices that.
 */
export class CredentialFile {
  /** Path of the file; null for none. */
  readonly path: string | null;
  readonly #clock: Clock;
  #state: CredentialState = EMPTY;
  /** Identity, size and time of the file that `#state` was read from. */
  #seen = "";
  #lookedAt = -Infinity;

  readonly #keep: (text: string) => void;

  /**
   * Reads nothing yet. Without a file `kept` is the state to begin with, and
   * `keep` gets each later one: it outlives the thread that has it.
   */
  constructor(
    path: string | null,
    clock: Clock,
    kept: string | null = null,
    keep: (text: string) => void = () => {},
  ) {
    this.path = path;
    this.#clock = clock;
    this.#keep = keep;
    if (path === null && kept !== null) {
      this.#state = parseState("memory", kept);
    }
  }

  /**
   * Returns the present state; a missing file has none. With `isFresh` it is not
   * older than this call, else 250 ms at most. Rejects with `AdminFileError`.
   */
  async read(isFresh = false): Promise<CredentialState> {
    const now = this.#clock.now();
    if (this.path === null) return this.#state;
    if (!isFresh && now - this.#lookedAt < FRESH) return this.#state;
    const seen = await sightOf(this.path);
    if (seen !== this.#seen || seen === "") {
      this.#state = await load(this.path);
      this.#seen = seen;
    }
    this.#lookedAt = now;
    return this.#state;
  }

  /**
   * Replaces the state by what `work` makes of it, in one step: no other process
   * changes it meanwhile. Rejects as `work` does, or with `AdminFileError`.
   */
  async change(
    work: (state: CredentialState) => CredentialState,
  ): Promise<void> {
    const { path } = this;
    if (path === null) {
      this.#state = work(this.#state);
      this.#keep(printState(this.#state));
      return;
    }
    // Most starts only read.
    const { changeFile } = await import("./change_file.ts");
    try {
      await changeFile(path, async () => printState(work(await load(path))));
    } catch (error) {
      if (!isOfSystem(error)) throw error;
      const fault = `cannot be written: ${faultOf(error)}`;
      throw new AdminFileError(path, fault, error);
    }
    // Also a file of the same size within the same tick of its clock.
    this.#seen = "";
    await this.read(true);
  }
}

/** Returns whether the system refused something, as on a full disk. */
function isOfSystem(error: unknown): error is Error {
  return error instanceof Error && !(error instanceof AdminFileError) &&
    (Object.hasOwn(Deno.errors, error.name) || "code" in error);
}

function faultOf(error: Error): string {
  return error instanceof Deno.errors.PermissionDenied
    ? `${error.message}; run the command as the user of the broker`
    : error.message;
}

/** Returns what tells one content of the file from another; "" for none. */
async function sightOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtime } = await Deno.stat(path);
    return `${dev} ${ino} ${size} ${mtime?.getTime()}`;
  } catch {
    return "";
  }
}

async function load(path: string): Promise<CredentialState> {
  let text: string;
  try {
    const { size } = await Deno.stat(path);
    if (size > LARGEST) throw new RangeError(`${size} bytes are too many`);
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return EMPTY;
    const { message } = error as Error;
    throw new AdminFileError(path, `cannot be read: ${message}`, error);
  }
  return parseState(path, text);
}
