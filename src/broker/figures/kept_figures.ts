import type { Cancel } from "../../clock/mod.ts";
import type { Recorder, RecorderParts } from "./recorder.ts";

/**
 * Keeps a history of figures from the first question on. A broker without
 * questions loads and measures nothing.
 */
export class KeptFigures {
  readonly #parts: RecorderParts;
  #recorder: Promise<Recorder> | null = null;
  /** The recorder, once it is loaded. */
  #current: Recorder | null = null;
  /** Owners that keep it for good. */
  #held = 0;
  #cancel: Cancel | null = null;
  #isStopped = false;

  /** Keeps nothing yet. */
  constructor(parts: RecorderParts) {
    this.#parts = parts;
  }

  /** Resolves to the recorder, which goes on for `ms` after the last call. */
  keep(ms: number): Promise<Recorder> {
    this.#cancel?.();
    this.#cancel = this.#parts.context.clock.after(ms, () => {
      this.#cancel = null;
      this.#endUnused();
    });
    return this.#record();
  }

  /** Resolves to the recorder, which goes on until `release`. */
  hold(): Promise<Recorder> {
    this.#held++;
    return this.#record();
  }

  /** Takes one `hold` back. */
  release(): void {
    this.#held--;
    this.#endUnused();
  }

  /** Counts a commit of `ms`, while there is a recorder. */
  readonly committed = (ms: number): void => this.#current?.committed(ms);

  /** Ends it for good. */
  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
    this.#cancel = null;
    this.#end();
  }

  #record(): Promise<Recorder> {
    if (this.#recorder !== null) return this.#recorder;
    const recorder: Promise<Recorder> = import("./recorder.ts").then(
      ({ Recorder }) => {
        const made = new Recorder(this.#parts);
        // It may have been given up meanwhile.
        if (this.#recorder === recorder && !this.#isStopped) {
          this.#current = made;
        } else made.stop();
        return made;
      },
    );
    return this.#recorder = recorder;
  }

  #endUnused(): void {
    if (this.#held === 0 && this.#cancel === null) this.#end();
  }

  #end(): void {
    this.#current?.stop();
    this.#recorder = this.#current = null;
  }
}
