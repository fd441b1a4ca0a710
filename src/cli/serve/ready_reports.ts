import type { StartedListener } from "../../broker/mod.ts";
import { writeReadyFile } from "../console/ready_file.ts";
import { startCode } from "../settings/start_error.ts";
import type { LogEvent } from "../log/event_log.ts";

/** Keeps the ready file true, once the start is over. */
export class ReadyReports {
  readonly #path: string | undefined;
  readonly #broker: { readonly listeners: readonly StartedListener[] };
  readonly #log: LogEvent;
  /** Content of the file; null before the first. */
  #text: string | null = null;
  /** The last write; null before the start is over. */
  #last: Promise<void> | null = null;

  /** Without a `path` nothing is written. */
  constructor(
    path: string | undefined,
    broker: { readonly listeners: readonly StartedListener[] },
    log: LogEvent,
  ) {
    this.#path = path;
    this.#broker = broker;
    this.#log = log;
  }

  /** Writes the file; rejects with `UnwritableFile`. */
  write(): Promise<void> {
    // One at a time: all writes have the same temporary file.
    const write = () => this.#write();
    return this.#last = this.#last?.then(write, write) ?? write();
  }

  async #write(): Promise<void> {
    if (this.#path === undefined) return;
    const ready = { pid: Deno.pid, listeners: this.#broker.listeners };
    const text = JSON.stringify(ready);
    if (text === this.#text) return;
    await writeReadyFile(this.#path, ready);
    this.#text = text;
  }

  /** Writes the file anew where it has been written; logs a failure. */
  async writeAgain(): Promise<void> {
    // Before the start is over, the file must not be there.
    if (this.#last === null) return;
    try {
      await this.write();
    } catch (error) {
      this.#log("error", "failed", {
        ...{ client: null, code: startCode(error), error: String(error) },
      });
    }
  }
}
